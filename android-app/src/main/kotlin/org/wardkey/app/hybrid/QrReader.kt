package org.wardkey.app.hybrid

import com.google.zxing.BinaryBitmap
import com.google.zxing.ChecksumException
import com.google.zxing.FormatException
import com.google.zxing.NotFoundException
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader

/** What a QR code in view says. */
internal sealed interface SeenCode {
    /** A computer wants to sign in with a phone. Whether the code is whole, the core finds out. */
    data class Request(val code: String) : SeenCode

    /** Something else: an address, a ticket, a login of another kind. */
    data object Other : SeenCode

    companion object {
        private const val PREFIX = "FIDO:/"

        fun of(text: String): SeenCode =
            if (text.startsWith(PREFIX, ignoreCase = true)) Request(text) else Other
    }
}

/** Finds QR codes in camera pictures. Not for several threads at once. */
internal class QrReader {
    private val reader = QRCodeReader()

    /**
     * The text of the code in a picture, or null if there is none that can be read.
     *
     * @param luminance one byte a pixel, [rowStride] bytes a row, the last of which may be shorter
     */
    fun read(luminance: ByteArray, rowStride: Int, width: Int, height: Int): String? {
        // The last row of a camera's picture ends with its last pixel.
        val whole = luminance.copyOf(rowStride * height)
        val source = PlanarYUVLuminanceSource(whole, rowStride, height, 0, 0, width, height, false)
        return try {
            reader.decode(BinaryBitmap(HybridBinarizer(source))).text
        } catch (_: NotFoundException) {
            null
        } catch (_: ChecksumException) {
            null
        } catch (_: FormatException) {
            null
        } finally {
            reader.reset()
        }
    }
}
