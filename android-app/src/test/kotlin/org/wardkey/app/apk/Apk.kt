package org.wardkey.app.apk

import java.io.File
import java.util.zip.ZipFile

/** The finished APK of this build, read with Android's own tools and by hand. */
internal object Apk {
    val file: File = property("wardkey.apk")

    /** The classes that its dex was made of, as class files. */
    val classes: File = property("wardkey.shrunkClasses")

    val isDebug: Boolean = System.getProperty("wardkey.debug").toBoolean()

    val entries: List<String> = ZipFile(file).use { zip -> zip.entries().toList().map { it.name } }

    /** The binary manifest in the APK, as aapt2 sees it. */
    val manifest: ManifestElement by lazy { xml("AndroidManifest.xml") }

    /** The binary XML file [name] in the APK. */
    fun xml(name: String): ManifestElement =
        ManifestElement.parse(run("aapt2", "dump", "xmltree", file.path, "--file", name))

    /** The one file in the APK that [reference], as in `@0x7f090001`, leads to, whatever the phone is set to. */
    fun fileOf(reference: String): String {
        val id = reference.removePrefix("@")
        val lines = run("aapt2", "dump", "resources", file.path).lines()
        val start = lines.indexOfFirst { it.trim().startsWith("resource $id ") }
        check(start >= 0) { "the APK has no resource $id" }
        val values = lines.drop(start + 1).takeWhile { it.trim().startsWith("(") }
        val (path) = checkNotNull(Regex("\\(\\) \\(file\\) (\\S+).*").matchEntire(values.single().trim())) {
            "$values is not one file"
        }.destructured
        return path
    }

    /** Runs one of Android's tools and returns what it printed; a failure of the tool fails the test. */
    fun run(vararg command: String): String {
        val process = ProcessBuilder(*command).redirectErrorStream(true).start()
        val output = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "${command.toList()} failed:\n$output" }
        return output
    }

    private fun property(name: String): File {
        val path = checkNotNull(System.getProperty(name)) { "pom.xml gives $name to these tests" }
        val file = File(path)
        check(file.exists()) { "$file is missing: these tests follow the package phase" }
        return file
    }
}
