package org.wardkey.app.apk

/**
 * An element of a binary XML file.
 *
 * @property attributes local name → value as text, without quotes; namespaces and resource ids are dropped
 */
internal class ManifestElement(
    val tag: String,
    val attributes: Map<String, String>,
    val children: List<ManifestElement>,
) {
    /** All elements called [tag] below this one. */
    fun all(tag: String): List<ManifestElement> =
        children.flatMap { child -> listOfNotNull(child.takeIf { it.tag == tag }) + child.all(tag) }

    fun one(tag: String): ManifestElement = all(tag).single()

    operator fun get(attribute: String): String? = attributes[attribute]

    companion object {
        private val ELEMENT = Regex("^( *)E: (\\S+).*")
        private val ATTRIBUTE = Regex("^( *)A: (?:\\S+:)?([A-Za-z]+)(?:\\(0x[0-9a-f]+\\))?=(.*)")

        /** Reads what `aapt2 dump xmltree` prints: one element or attribute a line, children indented. */
        fun parse(tree: String): ManifestElement {
            val lines = tree.lines().filter { ELEMENT.matches(it) || ATTRIBUTE.matches(it) }
            return elements(lines).single()
        }

        private fun elements(lines: List<String>): List<ManifestElement> {
            val starts = lines.indices.filter { ELEMENT.matches(lines[it]) }
            val depth = starts.minOfOrNull { indent(lines[it]) } ?: return emptyList()
            val own = starts.filter { indent(lines[it]) == depth }
            val ends = own.drop(1) + lines.size
            return own.zip(ends) { start, end -> element(lines.subList(start, end)) }
        }

        private fun element(lines: List<String>): ManifestElement {
            val tag = checkNotNull(ELEMENT.matchEntire(lines.first())).groupValues[2]
            val inside = lines.drop(1)
            val attributes = inside.takeWhile(ATTRIBUTE::matches).associate { line ->
                val (_, _, name, value) = checkNotNull(ATTRIBUTE.matchEntire(line)).groupValues
                name to value.substringBefore(" (Raw").trim('"')
            }
            return ManifestElement(tag, attributes, elements(inside.drop(attributes.size)))
        }

        private fun indent(line: String) = line.length - line.trimStart().length
    }
}
