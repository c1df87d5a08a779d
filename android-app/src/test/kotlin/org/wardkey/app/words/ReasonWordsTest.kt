package org.wardkey.app.words

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
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

    /** Titles and remedies stand in two lists: nothing but their names says which belongs to which. */
    @Test
    fun `what is said is what bears the name of the reason`() {
        for (reason in Reason.entries) {
            val name = "reason_${reason.name.lowercase()}"
            assertEquals(name, nameOf(reason.title))
            assertEquals("${name}_remedy", nameOf(reason.remedy))
        }
        for (step in Step.entries) assertEquals("step_${step.name.lowercase()}", nameOf(step.words))
    }

    @Test
    fun `what goes wrong on a ward is named as people there would`() {
        val titles = mapOf(
            Reason.BLUETOOTH_OFF to "Bluetooth is off",
            Reason.NETWORK_BLOCKED to "This network blocks the tunnel service",
            Reason.TOO_FAR_AWAY to "The computer is too far away",
            Reason.CODE_EXPIRED to "The code expired",
        )
        for ((reason, title) in titles) assertEquals(title, words(reason.title))
        val remedies = mapOf(
            Reason.BLUETOOTH_OFF to "Switch on Bluetooth",
            Reason.NETWORK_BLOCKED to "use mobile data or another Wi-Fi network",
            Reason.TOO_FAR_AWAY to "Hold the phone beside the computer",
            Reason.CODE_EXPIRED to "Ask for a new code on the computer",
        )
        for ((reason, remedy) in remedies) assertTrue(reason.name, remedy in words(reason.remedy))
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

    private fun nameOf(id: Int): String = RuntimeEnvironment.getApplication().resources.getResourceEntryName(id)

    private fun words(id: Int): String = RuntimeEnvironment.getApplication().getString(id)
}
