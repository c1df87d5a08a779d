package org.wardkey.app.hybrid

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.OneFileTest
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.Fix
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step

internal class UntoldOutcomeTest : OneFileTest("untold") {
    private val untold by lazy { UntoldOutcome(file) }

    @Test
    fun `gives every outcome back as it was, in another process too`() {
        val detail = "in detail:\n\"\u0000\uD83D\uDD11\""
        val failures = Step.entries.flatMap { step ->
            Reason.entries.map { reason ->
                val fix = (Fix.entries + null).random()
                HybridOutcome.Failed(Failure(step, reason, detail, DomError.entries.random(), fix = fix))
            }
        }
        val done = listOf(
            HybridOutcome.Registered("1234 5678 9012"), HybridOutcome.Registered(null), HybridOutcome.SignedIn,
        )
        for (outcome in failures + done) {
            assertTrue(untold.keep("one", outcome))
            assertEquals(outcome, UntoldOutcome(file).of("one"))
            assertNull("of another ceremony", untold.of("two"))
        }
    }

    @Test
    fun `keeps the last alone, until it is told`() {
        untold.keep("one", HybridOutcome.SignedIn)
        untold.keep("two", HybridOutcome.Registered(null))
        assertNull(untold.of("one"))
        assertEquals(HybridOutcome.Registered(null), untold.of("two"))
        untold.forget()
        assertNull(untold.of("two"))
        assertEquals(emptyList<String>(), folder.root.list().orEmpty().toList())
        untold.forget()
    }

    @Test
    fun `what cannot be read counts as none`() {
        untold.keep("one", HybridOutcome.Failed(Failure(Step.TUNNEL, Reason.TIMED_OUT, "", DomError.NOT_ALLOWED)))
        val whole = file.readText()
        val damaged = whole.indices.map { whole.take(it) } + listOf(
            "[]", "null", "{}", """{"ceremony":"one"}""", """{"ceremony":"one","registered":"perhaps"}""",
            whole.replace("TUNNEL", "NOWHERE"), whole.replace("TIMED_OUT", "NO_REASON"),
            """{"ceremony":{},"registered":true}""", "\u0000".repeat(100),
        )
        for (text in damaged) {
            file.writeText(text)
            assertNull(text, untold.of("one"))
        }
    }

    @Test
    fun `what cannot be written is not kept`() {
        val lost = UntoldOutcome(nowhere)
        assertFalse(lost.keep("one", HybridOutcome.Registered(null)))
        assertNull(lost.of("one"))
    }
}
