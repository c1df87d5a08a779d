package org.wardkey.app.fakes

import org.json.JSONObject
import java.util.Base64

/** What must not be found in any log: each secret by a name that says which it is. */
internal class Secrets {
    private val secrets = mutableMapOf<String, ByteArray>()

    val entries: Map<String, ByteArray> get() = secrets

    operator fun set(name: String, secret: ByteArray) {
        secrets[name] = secret
    }

    /** Every long member of a WebAuthn response. */
    fun remember(name: String, response: JSONObject) {
        this["$name's id"] = fromBase64url(response.getString("id"))
        val inner = response.getJSONObject("response")
        for (member in inner.keys()) {
            val value = inner.opt(member) as? String ?: continue
            rememberEnd("$name's $member", fromBase64url(value))
        }
    }

    /** The end of a message: its beginning may be a constant, such as a hash of the site's name. */
    fun rememberEnd(name: String, message: ByteArray) {
        if (message.size >= SHORTEST) this[name] = message.takeLast(LONGEST).toByteArray()
    }

    /** The names of those that are in [log], in any form. */
    fun leaks(log: List<String>): List<String> {
        val text = log.joinToString("\n").lowercase()
        return secrets.filterValues { secret -> forms(secret).any { it.lowercase() in text } }.keys.toList()
    }

    companion object {
        private const val SHORTEST = 16
        private const val LONGEST = 64

        /** As text and in every way in which programs print bytes. */
        fun forms(secret: ByteArray): List<String> = listOf(
            String(secret, Charsets.ISO_8859_1),
            secret.joinToString("") { "%02x".format(it) },
            secret.joinToString(", ") { (it.toInt() and 0xff).toString() },
            secret.joinToString(", ") { it.toString() },
            Base64.getUrlEncoder().withoutPadding().encodeToString(secret),
            Base64.getEncoder().withoutPadding().encodeToString(secret),
        )

        private fun fromBase64url(text: String): ByteArray = Base64.getUrlDecoder().decode(text)
    }
}
