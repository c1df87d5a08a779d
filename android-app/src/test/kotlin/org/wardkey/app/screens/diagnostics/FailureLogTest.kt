package org.wardkey.app.screens.diagnostics

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.OneFileTest
import org.wardkey.app.screens.failure
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.time.Instant
import kotlin.concurrent.thread

internal class FailureLogTest : OneFileTest("failures") {
    private val log by lazy { FailureLog(file) }

    @Test
    fun `a new phone has failed at nothing`() = assertEquals(emptyList<LoggedFailure>(), log.recent())

    @Test
    fun `every step and reason comes back, in order, for another process`() {
        val failures = Reason.entries.mapIndexed { index, reason ->
            val step = Step.entries[index % Step.entries.size]
            LoggedFailure(Instant.ofEpochSecond(index.toLong()), step, reason)
        }
        for (part in failures.chunked(20)) {
            for (it in part) assertTrue(log.record(failure(it.reason, it.step), it.time))
            assertEquals(part.last(), FailureLog(file).recent().last())
        }
        assertEquals(failures.takeLast(20), FailureLog(file).recent())
    }

    @Test
    fun `neither the detail nor anything else is kept`() {
        val failure = failure(Reason.KEY_STORE_FAILED, Step.KEY, "clinician@example.org")
        log.record(failure, Instant.ofEpochSecond(7))
        assertEquals("7 KEY KEY_STORE_FAILED\n", file.readText())
    }

    @Test
    fun `damage costs the damaged lines`() {
        val good = "7 KEY KEY_STORE_FAILED"
        val bad = listOf(
            "", "x KEY KEY_STORE_FAILED", "7 KEY", "7 KEY NOTHING", "7 NOWHERE BUSY", "-1 KEY BUSY",
            "7 KEY BUSY more",
            "999999999999999999 KEY BUSY", "99999999999999999999 KEY BUSY", "\u0000\uFFFD",
        )
        for (line in bad) {
            file.writeText("$line\n$good\n$line")
            assertEquals(listOf(Reason.KEY_STORE_FAILED), log.recent().map { it.reason })
        }
    }

    @Test
    fun `who reads while a line is written takes nothing away`() {
        val failures = List(40) { LoggedFailure(Instant.ofEpochSecond(it.toLong()), Step.KEY, Reason.BUSY) }
        val writer = thread { failures.forEach { log.record(failure(it.reason, it.step), it.time) } }
        while (writer.isAlive) FailureLog(file).recent()
        writer.join()
        assertEquals(failures.takeLast(20), log.recent())
    }

    @Test
    fun `a disk that refuses costs the line and nothing else`() {
        val lost = FailureLog(nowhere)
        assertFalse(lost.record(failure(Reason.BUSY)))
        assertEquals(emptyList<LoggedFailure>(), lost.recent())
    }
}
