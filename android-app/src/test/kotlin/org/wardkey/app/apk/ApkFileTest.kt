package org.wardkey.app.apk

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.io.RandomAccessFile
import java.util.zip.ZipEntry
import java.util.zip.ZipFile

/** The APK as a file: its signature, what is in it, and how it lies there. */
internal class ApkFileTest {
    @Test
    fun `is signed so that Android 14 accepts it`() {
        val told = Apk.run("apksigner", "verify", "--verbose", "--min-sdk-version", "34", Apk.file.path)
        assertTrue(told, "Verified using v3 scheme (APK Signature Scheme v3): true" in told)
        assertTrue(told, "Number of signers: 1" in told)
    }

    @Test
    fun `is aligned`() {
        Apk.run("zipalign", "-c", "-p", "4", Apk.file.path)
    }

    @Test
    fun `holds code, resources and nothing that tells of the build machine`() {
        val expected = Regex(
            "AndroidManifest\\.xml|classes\\d*\\.dex|resources\\.arsc|res/.+|assets/.+|" +
                "META-INF/services/.+|lib/(arm64-v8a|x86_64)/(libwardkey_core|libjnidispatch)\\.so",
        )
        assertEquals(emptyList<String>(), Apk.entries.filterNot(expected::matches))
    }

    @Test
    fun `holds native code as its name says, both halves for each ABI`() {
        val libraries = Apk.entries.filter { it.startsWith("lib/") }.groupBy { File(it).parent }
        assertEquals(Apk.file.name, "-unbundled" in Apk.file.name, libraries.isEmpty())
        for ((abi, files) in libraries) {
            val names = files.map { File(it).name }.toSet()
            assertEquals(abi, setOf("libwardkey_core.so", "libjnidispatch.so"), names)
        }
    }

    @Test
    fun `holds native code uncompressed, on 16 KiB pages`() {
        for (library in Apk.entries.filter { it.endsWith(".so") }) {
            val method = ZipFile(Apk.file).use { it.getEntry(library).method }
            assertEquals("$library is compressed", ZipEntry.STORED, method)
            assertEquals("$library starts within a page", 0, ZipLayout(Apk.file).dataOffset(library) % PAGE)
        }
    }

    @Test
    fun `stays small`() {
        val libraries = ZipFile(Apk.file).use { zip -> zip.entries().toList() }.filter { it.name.startsWith("lib/") }
        val abis = libraries.groupBy { File(it.name).parent }
        for ((abi, files) in abis) assertTrue(abi, files.sumOf { it.size } < EACH_ABI)
        val limit = WITHOUT_NATIVE_CODE + abis.size * EACH_ABI
        assertTrue("${Apk.file.length()} bytes, more than $limit", Apk.file.length() < limit)
    }

    private companion object {
        const val PAGE = 16_384L
        const val WITHOUT_NATIVE_CODE = 1_500_000L

        // The core and JNA's half.
        const val EACH_ABI = 2_500_000L
    }
}

/** Where in a zip file an entry's bytes begin, which java.util.zip does not tell. */
private class ZipLayout(private val file: File) {
    /** Offset of the data of [name], read from the central directory and the local header it points at. */
    fun dataOffset(name: String): Long = RandomAccessFile(file, "r").use { zip ->
        val bytes = ByteArray(zip.length().toInt()).also(zip::readFully)
        val local = localHeader(bytes, name)
        local + LOCAL_HEADER + short(bytes, local + 26) + short(bytes, local + 28)
    }

    private fun localHeader(bytes: ByteArray, name: String): Long {
        val end = (bytes.size - END_RECORD downTo 0).first { int(bytes, it.toLong()) == END_MAGIC }.toLong()
        var at = int(bytes, end + 16)
        repeat(short(bytes, end + 10)) {
            val length = short(bytes, at + 28)
            val found = String(bytes, (at + CENTRAL_HEADER).toInt(), length)
            if (found == name) return int(bytes, at + 42)
            at += CENTRAL_HEADER + length + short(bytes, at + 30) + short(bytes, at + 32)
        }
        error("no entry $name in $file")
    }

    private fun short(bytes: ByteArray, at: Long): Int =
        (bytes[at.toInt()].toInt() and 0xff) or (bytes[at.toInt() + 1].toInt() and 0xff shl 8)

    private fun int(bytes: ByteArray, at: Long): Long =
        short(bytes, at) + (short(bytes, at + 2).toLong() shl 16)

    private companion object {
        const val LOCAL_HEADER = 30
        const val CENTRAL_HEADER = 46
        const val END_RECORD = 22
        const val END_MAGIC = 0x06054b50L
    }
}
