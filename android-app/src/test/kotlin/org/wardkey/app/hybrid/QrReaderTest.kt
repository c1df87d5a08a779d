package org.wardkey.app.hybrid

import com.google.zxing.BarcodeFormat
import com.google.zxing.qrcode.QRCodeWriter
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test
import kotlin.random.Random

/** Codes are found in pictures as a camera gives them, and told from other codes. */
internal class QrReaderTest {
    private val reader = QrReader()

    /** A picture with the code in it, its rows longer than its width, and the last one cut short. */
    private fun picture(text: String): ByteArray {
        val code = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, 300, 300)
        return ByteArray(STRIDE * HEIGHT - (STRIDE - WIDTH)) { at ->
            val (x, y) = at % STRIDE - 100 to at / STRIDE - 20
            if (x in 0 until 300 && y in 0 until 300 && code[x, y]) 20 else 230.toByte()
        }
    }

    private fun read(picture: ByteArray) = reader.read(picture, STRIDE, WIDTH, HEIGHT)

    @Test
    fun `reads the code of a sign-in`() {
        val code = "FIDO:/" + "0123456789".repeat(17)
        assertEquals(code, read(picture(code)))
        assertEquals(SeenCode.Request(code), SeenCode.of(code))
    }

    @Test
    fun `finds none where there is none`() {
        assertNull(read(ByteArray(STRIDE * HEIGHT)))
        assertNull(read(Random(1).nextBytes(STRIDE * HEIGHT)))
        assertNull(read(ByteArray(0)))
    }

    @Test
    fun `tells other codes from those of a sign-in`() {
        val others = listOf(
            "", "FIDO", "FIDO:", " FIDO:/1", "https://example.org/FIDO:/1", "otpauth://totp/x", "WIFI:S:x;;",
            "\u0000", "x".repeat(4000), "javascript:FIDO:/", "fid0:/1",
        )
        others.forEach { assertEquals(it, SeenCode.Other, SeenCode.of(it)) }
        for (code in listOf("FIDO:/1", "fido:/1", "Fido:/1")) {
            assertEquals(SeenCode.Request(code), SeenCode.of(code))
        }
    }

    private companion object {
        const val WIDTH = 480
        const val HEIGHT = 360
        const val STRIDE = 512
    }
}
