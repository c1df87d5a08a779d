package org.wardkey.app.storage

import org.wardkey.core.CredentialStorage
import org.wardkey.core.StorageFailure
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.nio.file.StandardOpenOption

/**
 * The passkeys' file. Whatever happens while it is written, afterwards it holds either the old snapshot or
 * the new one, whole; and once [replace] returns, a dead battery cannot take the new one back.
 *
 * Not `AtomicFile`: that never tells the folder to reach the disk, so that a rename which the core already
 * relied on, by deleting a replaced key, could be undone.
 *
 * What cannot be read is never touched: a damaged snapshot is evidence, and may yet be repaired.
 */
internal class SnapshotFile(private val file: File) : CredentialStorage {
    /** Left behind by a write that was cut short; the next one overwrites it, and nothing reads it. */
    private val unfinished = File(file.path + ".new")

    override fun load(): ByteArray? = storing("read") {
        try {
            Files.readAllBytes(file.toPath())
        } catch (_: NoSuchFileException) {
            null
        }
    }

    @Synchronized
    override fun replace(snapshot: ByteArray) = storing("written") {
        FileOutputStream(unfinished).use { output ->
            output.write(snapshot)
            output.fd.sync()
        }
        Files.move(unfinished.toPath(), file.toPath(), ATOMIC_MOVE, REPLACE_EXISTING)
        syncFolder()
    }

    /** The rename itself is an entry of the folder, which has to reach the disk too. */
    private fun syncFolder() {
        val folder = checkNotNull(file.absoluteFile.parentFile) { "no file has the root's name" }
        FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) }
    }

    /** The core takes no other exception than its own; none of these says more than which file and why. */
    private inline fun <T> storing(what: String, work: () -> T): T = try {
        work()
    } catch (failure: IOException) {
        throw failed(what, failure)
    } catch (failure: SecurityException) {
        throw failed(what, failure)
    }

    private fun failed(what: String, cause: Exception): StorageFailure {
        val detail = "${file.name} could not be $what: ${cause.javaClass.simpleName}: ${cause.message}"
        return StorageFailure.Failed(detail).apply { initCause(cause) }
    }
}
