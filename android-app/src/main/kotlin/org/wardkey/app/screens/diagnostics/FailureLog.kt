package org.wardkey.app.screens.diagnostics

import android.content.Context
import android.util.AtomicFile
import org.wardkey.app.enumNamed
import org.wardkey.core.Failure
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import java.time.Instant

/** One failure as support sees it: neither the site nor the account, nor what the core has said in detail. */
internal data class LoggedFailure(val time: Instant, val step: Step, val reason: Reason)

/**
 * The last failures, for the diagnostics. They outlive the process, because the user asks for help later.
 *
 * A lost line harms nobody: what cannot be read is left out, what cannot be written is not kept.
 */
internal class FailureLog(private val path: File) {
    private val file get() = AtomicFile(path)

    /** Keeps [failure]; briefly on the disk, so not on the main thread. Returns whether it was kept. */
    fun record(failure: Failure, now: Instant = Instant.now()): Boolean = synchronized(LOCK) {
        val entries = (recent() + LoggedFailure(now, failure.step, failure.reason)).takeLast(KEPT)
        val text = entries.joinToString("") { "${it.time.epochSecond} ${it.step} ${it.reason}\n" }
        try {
            val output = file.startWrite()
            output.write(text.toByteArray())
            file.finishWrite(output)
            true
        } catch (_: IOException) {
            false
        }
    }

    /** Oldest first. Never while one is written: whoever opens an AtomicFile removes its unfinished half. */
    fun recent(): List<LoggedFailure> = synchronized(LOCK) {
        try {
            file.readFully().decodeToString().lines().mapNotNull(::parse).takeLast(KEPT)
        } catch (_: FileNotFoundException) {
            emptyList()
        } catch (_: IOException) {
            emptyList()
        }
    }

    private fun parse(line: String): LoggedFailure? {
        val words = line.split(' ').takeIf { it.size == FIELDS } ?: return null
        val (second, step, reason) = words
        return LoggedFailure(
            // Within the years that an Instant can print.
            Instant.ofEpochSecond(second.toLongOrNull()?.takeIf { it in 0..LAST_SECOND } ?: return null),
            enumNamed<Step>(step) ?: return null,
            enumNamed<Reason>(reason) ?: return null,
        )
    }

    companion object {
        private const val KEPT = 20
        private const val FIELDS = 3
        private const val LAST_SECOND = 253_402_300_799L

        /** One lock for all of a process: each caller may have an object of its own. */
        private val LOCK = Any()

        fun of(context: Context) = FailureLog(File(context.noBackupFilesDir, "failures"))
    }
}
