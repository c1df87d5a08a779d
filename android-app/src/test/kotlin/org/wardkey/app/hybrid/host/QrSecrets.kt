package org.wardkey.app.hybrid.host

import java.nio.ByteBuffer
import java.nio.ByteOrder
import javax.crypto.Cipher
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

/** What is secret in a scanned code, and grows from it (CTAP 2.2 §11.5.1); written without the core. */
internal class QrSecrets(code: String) {
    val digits = code.substringAfter('/')

    /** The 16 bytes under key 1 of the code's CBOR map, after the public key of 33 bytes. */
    val secret: ByteArray = bytesOf(digits).let {
        check(it[1].toInt() == 0 && it[37].toInt() == 1 && it[38].toInt() == 0x50) { "another layout" }
        it.copyOfRange(39, 55)
    }
    val tunnelId = derive(ByteArray(0), TUNNEL_ID, 16)

    private val eidKey = derive(ByteArray(0), EID_KEY, 64)

    /** What [advert] (20 bytes) hides. Fails if it is not an advert for this code. */
    fun eid(advert: ByteArray): ByteArray {
        val mac = hmac(eidKey.copyOfRange(32, 64), advert.copyOf(16))
        check(mac.copyOf(4).contentEquals(advert.copyOfRange(16, 20))) { "an advert for another code" }
        return Cipher.getInstance("AES/ECB/NoPadding").run {
            init(Cipher.DECRYPT_MODE, SecretKeySpec(eidKey, 0, 32, "AES"))
            doFinal(advert, 0, 16)
        }
    }

    /** The pre-shared key of the handshake that follows [advert]. */
    fun psk(advert: ByteArray): ByteArray = derive(eid(advert), PSK, 32)

    /** HKDF-SHA-256, RFC 5869. */
    private fun derive(salt: ByteArray, purpose: Int, length: Int): ByteArray {
        val info = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(purpose).array()
        val key = hmac(salt.ifEmpty { ByteArray(32) }, secret)
        var block = ByteArray(0)
        var output = ByteArray(0)
        for (count in 1..(length + 31) / 32) {
            block = hmac(key, block + info + count.toByte())
            output += block
        }
        return output.copyOf(length)
    }

    private fun ByteArray.ifEmpty(other: () -> ByteArray) = if (isEmpty()) other() else this

    private fun hmac(key: ByteArray, data: ByteArray): ByteArray = Mac.getInstance("HmacSHA256").run {
        init(SecretKeySpec(key, "HmacSHA256"))
        doFinal(data)
    }

    companion object {
        private const val EID_KEY = 1
        private const val TUNNEL_ID = 2
        private const val PSK = 3

        /** Digits of a chunk → its bytes. */
        private val SIZES = mapOf(17 to 7, 15 to 6, 13 to 5, 10 to 4, 8 to 3, 5 to 2, 3 to 1)

        /** The digits of a code: for each 7 bytes, little-endian, 17 digits. */
        private fun bytesOf(digits: String): ByteArray = digits.chunked(17).map { chunk ->
            val number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(chunk.toLong())
            number.array().copyOf(SIZES.getValue(chunk.length))
        }.reduce(ByteArray::plus)
    }
}
