package org.wardkey.app.words

import org.junit.Assert.assertEquals
import org.junit.Test

internal class ForeignTextTest {
    @Test
    fun `a name stays as it is`() {
        for (name in listOf("clinician@example.org", "Siân Test", "Test clinician", "اختبار", "👩‍⚕️")) {
            assertEquals(name, nameWords(name))
        }
    }

    @Test
    fun `a name cannot break lines or reorder them`() {
        assertEquals("a b c", nameWords("a\nb\u0000c"))
        for (mark in "\u061C\u200E\u200F\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069") {
            assertEquals("moc.elpmaxe", nameWords("${mark}moc.${mark}elpmaxe"))
        }
    }

    @Test
    fun `a name ends somewhere`() = assertEquals(200, nameWords("x".repeat(100_000)).length)

    @Test
    fun `a site is shown to its end, and may break after dots`() {
        assertEquals("sign-in.\u200Bexample.\u200Borg", siteWords("sign-in.example.org"))
        val longest = List(10) { "a".repeat(24) }.joinToString(".") + ".org"
        assertEquals(253, longest.length)
        assertEquals(longest, siteWords(longest).replace("\u200B", ""))
    }
}
