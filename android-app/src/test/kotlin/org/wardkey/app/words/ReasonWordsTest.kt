package org.wardkey.app.words

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.wardkey.core.Reason
import org.wardkey.core.Step

/** Whatever fails has words of its own, in every language of the app. */
@RunWith(RobolectricTestRunner::class)
internal class ReasonWordsTest {
    @Test
    fun `every reason has a title and a remedy of its own in English`() = assertWords()

    @Test
    fun `every reason has a title and a remedy of its own in Welsh`() {
        RuntimeEnvironment.setQualifiers("+cy")
        assertWords()
    }

    @Test
    fun `Welsh is not English`() {
        val english = Reason.entries.map { words(it.remedy) }
        RuntimeEnvironment.setQualifiers("+cy")
        val welsh = Reason.entries.map { words(it.remedy) }
        assertEquals(emptySet<String>(), english.intersect(welsh.toSet()))
    }

    @Test
    fun `every step has words of its own`() {
        val steps = Step.entries.map { words(it.words) }
        assertEquals(steps.size, steps.toSet().size)
        assertFalse(steps.any(String::isBlank))
    }

    private fun assertWords() {
        val titles = Reason.entries.map { words(it.title) }
        val remedies = Reason.entries.map { words(it.remedy) }
        assertEquals(Reason.entries.size, titles.toSet().size)
        assertEquals(Reason.entries.size, remedies.toSet().size)
        assertEquals("a title is no sentence", "", titles.filter { it.isBlank() || it.endsWith(".") }.joinToString())
        assertEquals("a remedy is whole sentences", "", remedies.filterNot { it.endsWith(".") }.joinToString())
    }

    private fun words(id: Int): String = RuntimeEnvironment.getApplication().getString(id)
}
