package org.wardkey.app.storage

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.withTimeout
import org.wardkey.core.CredentialStorage
import org.wardkey.core.StorageFailure
import java.io.File
import java.io.FileOutputStream
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * The passkeys' file. Whatever happens while it is written, afterwards it holds either the old snapshot or
 * the new one, whole; and once [replace] returns, a dead battery cannot take the new one back.
 *
 * Not `AtomicFile`: that never tells the folder to reach the disk, so that a rename which the core already
 * relied on, by deleting a replaced key, could be undone.
 *
 * What cannot be read is never touched: a damaged snapshot is evidence, and may yet be repaired.
 *
 * A disk that hangs is a failure after [patience]. Whether a write that nobody waits for any more was made is
 * then unknown, and nothing may be done by either assumption: so it runs to its end, until then every other
 * call fails too, and one that has failed by waiting is never begun.
 *
 * Safe to call from any thread.
 *
 * @property patience how long one call may take, with the one before it; far more than a slow disk needs
 * @property folders has the rename itself reach the disk, which is an entry of the folder
 */
internal class SnapshotFile(
    private val file: File,
    private val patience: Duration = 20.seconds,
    private val folders: FolderSync = AndroidFolderSync,
) : CredentialStorage {
    /** Held by whoever is at the file: two writes at once would write over each other's unfinished file. */
    private val turn = Mutex()

    /** What was begun here ends here, whatever becomes of whoever waits for it. */
    private val disk = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    /** Left behind by a write that was cut short; the next one overwrites it, and nothing reads it. */
    private val unfinished = File(file.path + ".new")

    override suspend fun load(): ByteArray? = storing("read") {
        try {
            Files.readAllBytes(file.toPath())
        } catch (_: NoSuchFileException) {
            null
        }
    }

    override suspend fun replace(snapshot: ByteArray) = storing("written") {
        FileOutputStream(unfinished).use { output ->
            output.write(snapshot)
            output.fd.sync()
        }
        Files.move(unfinished.toPath(), file.toPath(), ATOMIC_MOVE, REPLACE_EXISTING)
        folders.sync(checkNotNull(file.absoluteFile.parentFile) { "no file has the root's name" })
    }

    /**
     * The core waits for ever for an answer that is neither a value nor a [StorageFailure], so nothing else
     * gets out, not even an Error; and what gets out says no more than which file and why.
     */
    @Suppress("TooGenericExceptionCaught")
    private suspend fun <T> storing(what: String, work: () -> T): T = try {
        withTimeout(patience) { inTurn(work) }
    } catch (failure: Throwable) {
        // Whoever is cancelled waits for no answer.
        currentCoroutineContext().ensureActive()
        throw failed(what, failure)
    }

    /** Whoever leaves while they wait for their turn has begun nothing; later, they leave it to itself. */
    private suspend fun <T> inTurn(work: () -> T): T {
        turn.lock()
        val begun = disk.async {
            try {
                work()
            } finally {
                turn.unlock()
            }
        }
        return begun.await()
    }

    private fun failed(what: String, cause: Throwable): StorageFailure {
        val why = when (cause) {
            is TimeoutCancellationException -> "the phone's storage does not answer"
            else -> "${cause.javaClass.simpleName}: ${cause.message}"
        }
        return StorageFailure.Failed("${file.name} could not be $what: $why").apply { initCause(cause) }
    }
}
