package org.wardkey.app.hybrid

import android.graphics.ImageFormat
import android.media.Image
import com.google.zxing.BarcodeFormat
import com.google.zxing.qrcode.QRCodeWriter
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.idleUntil
import java.nio.ByteBuffer
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** From what a camera films to the code in it. */
internal class CodeCameraPictureTest : CameraTest() {
    /** A picture of nothing but brightness; its last row of [stride] bytes ends with its last pixel. */
    private class Picture(private val luminance: ByteArray, private val stride: Int) : Image() {
        @Volatile
        var isClosed = false

        override fun getFormat() = ImageFormat.YUV_420_888

        override fun getWidth() = WIDTH

        override fun getHeight() = HEIGHT

        override fun getTimestamp() = 0L

        override fun getTransform() = 0

        override fun getScalingMode() = 0

        override fun getPlanes() = arrayOf<Plane>(
            object : Plane() {
                override fun getRowStride() = stride

                override fun getPixelStride() = 1

                override fun getBuffer(): ByteBuffer = ByteBuffer.wrap(luminance)
            },
        )

        override fun close() {
            isClosed = true
        }
    }

    @Test
    fun `tells each code in view, and lets go of every picture`() {
        film()
        val codes = listOf("FIDO:/123", "https://example.org")
        for (code in codes) {
            val picture = picture(code)
            reader.take(picture)
            idleUntil { seen.lastOrNull() == code }
            assertTrue(picture.isClosed)
        }
        val blank = Picture(ByteArray(WIDTH * HEIGHT), WIDTH)
        reader.take(blank)
        reader.take(null)
        settle()
        assertTrue(blank.isClosed)
        assertEquals(codes, seen)
    }

    @Test
    fun `a code that was found when it was over is not told`() {
        film()
        reader.take(picture("FIDO:/123"))
        // The camera's thread has found it; the main thread, which is this one, has not been told yet.
        val found = CountDownLatch(1)
        CameraRecord.openings.single().executor.execute(found::countDown)
        assertTrue(found.await(30, TimeUnit.SECONDS))
        camera.stop()
        idle()
        assertEquals(emptyList<String>(), seen)
    }

    private fun picture(text: String): Picture {
        val code = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, SIDE, SIDE)
        val bright = ByteArray(STRIDE * HEIGHT - (STRIDE - WIDTH)) { at ->
            val (x, y) = at % STRIDE - 100 to at / STRIDE - 20
            if (x in 0 until SIDE && y in 0 until SIDE && code[x, y]) 20 else 230.toByte()
        }
        return Picture(bright, STRIDE)
    }

    private companion object {
        const val STRIDE = 1344
        const val SIDE = 300
    }
}
