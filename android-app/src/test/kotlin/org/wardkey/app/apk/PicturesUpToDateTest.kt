package org.wardkey.app.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.util.concurrent.TimeUnit

/**
 * The README shows the app as it is. Here because it follows the tests that draw the screens; a debug build
 * draws its banner on each, so that no picture of a release can pass for one of them.
 */
internal class PicturesUpToDateTest {
    @Test
    fun `every picture in the README is what its test has drawn`() {
        val shown = Regex("\"pictures/([a-z-]+\\.png)\"").findAll(File("README.md").readText())
            .map { it.groupValues[1] }.toList()
        val expected = if (Apk.isDebug) shown else emptyList()
        assertEquals("renew them: java android-app/pictures/Refresh.java", expected, stale())
    }

    /** What the program that makes the pictures would change. */
    private fun stale(): List<String> {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val program = listOf("-Djava.awt.headless=true", "android-app/pictures/Refresh.java", "--check")
        val process = ProcessBuilder(listOf(java) + program)
            .directory(File("..").canonicalFile)
            .redirectErrorStream(true)
            .start()
        val told = process.inputStream.bufferedReader().readLines()
        assertTrue("it ends", process.waitFor(5, TimeUnit.MINUTES))
        assertEquals(told.joinToString("\n"), if (told.isEmpty()) 0 else 1, process.exitValue())
        assertEquals("it failed", emptyList<String>(), told.filterNot { it.endsWith(".png") })
        return told
    }
}
