package org.wardkey.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** Welsh says everything that English says, with the same gaps to fill in. */
internal class TranslationTest {
    @Test
    fun `Welsh has every string and no other`() = assertEquals(english.keys, welsh.keys)

    @Test
    fun `Welsh fills in the same arguments`() {
        for ((name, text) in english) assertEquals(name, argumentsOf(text), argumentsOf(welsh.getValue(name)))
    }

    @Test
    fun `there are strings to compare`() = assertTrue("only ${english.size} strings", english.size > 3)

    private val english = strings("values")
    private val welsh = strings("values-cy")

    /**
     * Name → text, of strings and of each quantity that English also has; without those marked
     * untranslatable.
     */
    private fun strings(folder: String): Map<String, String> {
        val files = File("src/main/res/$folder").listFiles().orEmpty()
        return files.filter { it.name.startsWith("strings") }.flatMap { file ->
            val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement
            children(root).filter { it.getAttribute("translatable") != "false" }.flatMap(::named)
        }.toMap()
    }

    private fun named(element: Element): List<Pair<String, String>> {
        val name = element.getAttribute("name")
        if (element.tagName != "plurals") return listOf(name to element.textContent)
        // Welsh counts in more forms than English: only those that both need can be compared by name.
        val shared = children(element).filter { it.getAttribute("quantity") in setOf("one", "other") }
        return shared.map { "$name:${it.getAttribute("quantity")}" to it.textContent }
    }

    private fun children(parent: Element): List<Element> =
        (0 until parent.childNodes.length).mapNotNull { parent.childNodes.item(it) as? Element }

    private fun argumentsOf(text: String) =
        Regex("%(\\d+\\$)?[a-z]").findAll(text).map { it.value }.sorted().toList()
}
