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
    val manifest: ManifestElement by lazy {
        ManifestElement.parse(run("aapt2", "dump", "xmltree", file.path, "--file", "AndroidManifest.xml"))
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
