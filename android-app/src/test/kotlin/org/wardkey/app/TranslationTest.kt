package org.wardkey.app

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.w3c.dom.Element
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

/** Welsh says everything that English says, with the same gaps to fill in; and nothing is said elsewhere. */
internal class TranslationTest {
    @Test
    fun `Welsh has every string and no other`() {
        for (variant in variants) assertEquals(variant.english.keys, variant.welsh.keys)
    }

    @Test
    fun `Welsh fills in the same arguments`() {
        for (variant in variants) for ((name, text) in variant.english) {
            assertEquals(name, argumentsOf(text), argumentsOf(variant.welsh.getValue(name)))
        }
    }

    @Test
    fun `there are strings to compare`() {
        val (main, debug) = variants.map { it.english.size }
        assertTrue("only $main strings", main > 100)
        assertTrue("none in the debug variant", debug > 0)
    }

    @Test
    fun `layouts and manifest hold no words of their own`() {
        val files = roots.flatMap { it.walkTopDown().filter(::mayShowText) }
        assertTrue("only $files", files.size > 10)
        for (file in files) assertEquals("${file.name} has words of its own", emptyList<String>(), wordsIn(file))
    }

    @Test
    fun `Kotlin shows no words of its own`() {
        val files = File("src/main/kotlin").walkTopDown().filter { it.extension == "kt" }.toList()
        assertTrue("only $files", files.size > 50)
        for (file in files) assertEquals(file.name, emptyList<String>(), shownLiterals(file.readText()))
    }

    @Test
    fun `words in Kotlin would be found`() {
        val words = listOf(
            """screen.put(R.id.result_title, "Done")""",
            """button.setText("Try again")""",
            """label.text = "Done: ${'$'}{words(it)}"""",
            """icon.contentDescription = "Failed"""",
            """Toast.makeText(this, "Closed", Toast.LENGTH_LONG)""",
            """builder.setContentTitle(
                "Signing in"
            )""",
            """CreateEntry.Builder("This phone", intent)""",
        )
        for (code in words) assertEquals(code, 1, shownLiterals(code).size)
        val none = listOf(
            """put(R.id.home_note, "")""",
            """put(R.id.summary, "${'$'}{getString(title)}. ${'$'}{getString(remedy)}")""",
            """put(R.id.result_title, getString(title))""",
        )
        for (code in none) assertEquals(code, emptyList<String>(), shownLiterals(code))
    }

    private class Variant(val english: Map<String, String>, val welsh: Map<String, String>)

    private val roots = listOf(File("src/main"), File("src/debug"))
    private val variants = roots.map { Variant(strings(it, "values"), strings(it, "values-cy")) }

    /**
     * Name → text, of strings and of each quantity that English also has; without those marked
     * untranslatable.
     */
    private fun strings(root: File, folder: String): Map<String, String> {
        val files = File(root, "res/$folder").listFiles().orEmpty()
        return files.filter { it.name.startsWith("strings") }.flatMap { file ->
            children(parse(file)).filter { it.getAttribute("translatable") != "false" }.flatMap(::named)
        }.toMap()
    }

    private fun named(element: Element): List<Pair<String, String>> {
        val name = element.getAttribute("name")
        if (element.tagName != "plurals") return listOf(name to element.textContent)
        // Welsh counts in more forms than English: only those that both need can be compared by name.
        val shared = children(element).filter { it.getAttribute("quantity") in setOf("one", "other") }
        return shared.map { "$name:${it.getAttribute("quantity")}" to it.textContent }
    }

    private fun parse(file: File): Element =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement

    private fun children(parent: Element): List<Element> =
        (0 until parent.childNodes.length).mapNotNull { parent.childNodes.item(it) as? Element }

    private fun argumentsOf(text: String) =
        Regex("%(\\d+\\$)?[a-z]").findAll(text).map { it.value }.sorted().toList()

    private fun mayShowText(file: File) =
        file.extension == "xml" && !file.parentFile.name.startsWith("values") && file.name != "lint.xml"

    private fun wordsIn(file: File): List<String> = elements(parse(file)).flatMap { element ->
        TEXT_ATTRIBUTES.map(element::getAttribute).filter { value -> value.isNotEmpty() && value[0] !in "@?" }
    }

    private fun elements(root: Element): List<Element> = listOf(root) + children(root).flatMap(::elements)

    /** What of [code] is given to something that shows it, and holds letters outside of its templates. */
    private fun shownLiterals(code: String): List<String> = SHOWN.findAll(code).map { it.groupValues[1] }
        .filter { literal -> TEMPLATE.replace(literal, "").any(Char::isLetter) }
        .toList()

    private companion object {
        val TEXT_ATTRIBUTES = listOf("text", "hint", "contentDescription", "title", "label", "description", "summary")
            .map { "android:$it" }

        /** A literal, as an argument or a value, of what shows text. */
        val SHOWN = Regex(
            """(?:\b(?:setText|setTitle|setHint|setContentTitle|setContentText|setDescription|Builder)\(\s*""" +
                """|\bmakeText\([^,]*,\s*|\bput\(R\.id\.\w+,\s*""" +
                """|\b(?:text|title|hint|contentDescription)\s=\s)"((?:[^"\\]|\\.|\$\{[^}]*\})*)"""",
        )
        val TEMPLATE = Regex("""\$\{[^}]*\}|\$\w+""")
    }
}
