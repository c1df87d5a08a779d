package org.wardkey.app.screens

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** The README's pictures: all there, none left over, small enough for a repository. */
internal class PicturesTest {
    private val files = File("pictures").listFiles { file -> file.extension == "png" }.orEmpty()
    private val shown = Regex("\"pictures/([a-z-]+\\.png)\"").findAll(File("README.md").readText())
        .map { it.groupValues[1] }.toList()

    @Test
    fun `every picture is shown once, and every one that is shown exists`() =
        assertEquals(files.map { it.name }.sorted(), shown.sorted())

    @Test
    fun `there are pictures, and they stay small`() {
        assertTrue("only ${files.size}", files.size >= 56)
        val each = files.sumOf { it.length() } / files.size
        assertTrue("$each bytes each", each < 27_000)
    }

    @Test
    fun `every picture has words for those who cannot see it`() {
        val images = Regex("<img [^>]*>").findAll(File("README.md").readText()).map { it.value }.toList()
        assertEquals(shown.size, images.size)
        for (image in images) assertTrue(image, Regex("alt=\"[^\"]{10,}\"").containsMatchIn(image))
    }
}
