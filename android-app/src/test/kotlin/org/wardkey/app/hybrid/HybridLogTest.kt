package org.wardkey.app.hybrid

import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.wardkey.app.fakes.Secrets
import org.wardkey.app.hybrid.host.Behaviour
import org.wardkey.app.hybrid.host.QrSecrets
import org.wardkey.app.hybrid.host.Town
import org.wardkey.app.hybrid.host.Town.Companion.REGISTER
import org.wardkey.app.hybrid.host.Town.Companion.SIGN_IN
import org.wardkey.app.hybrid.host.Town.Companion.code
import java.io.File
import java.security.MessageDigest
import java.util.Base64

/**
 * Whole ceremonies with a computer, by the driver and the core in a process of their own: whatever of them is
 * secret is looked for in the core's log at its most talkative, and in what the program says.
 */
@OptIn(ExperimentalStdlibApi::class)
internal class HybridLogTest {
    @get:Rule
    val folder = TemporaryFolder()
    private val secrets = Secrets().apply {
        this["account"] = "clinician@example.org".encodeToByteArray()
    }

    @Test
    fun `a passkey made and used through the tunnel`() = Town(folder.root).use { town ->
        val log = listOf(REGISTER, SIGN_IN).flatMap { what -> play(town, what) }
        File(town.state, "keys").list().orEmpty().forEach { secrets["alias"] = it.encodeToByteArray() }
        assertEquals("$log", 2, log.count { "command: done" in it })
        assertEquals("$log", emptyList<String>(), secrets.leaks(log))
        val kinds = listOf("challenge", "code's secret", "tunnel id", "pre-shared key", "client data hash")
        for (kind in kinds) for (what in listOf(REGISTER, SIGN_IN)) {
            assertTrue("$what: $kind", "$what: $kind" in secrets.entries)
        }
        assertTrue("alias" in secrets.entries && "user handle" in secrets.entries)
    }

    /** The search for what grows from a code finds nothing if that is something else. */
    @Test
    fun `what grows from a code is what a real Chromium's has`() {
        val vector = JSONObject(File("../fixtures/hybrid/chromium-create.json").readText())
        val expected = vector.getJSONObject("expect")
        val advert = expected.getString("advert").hexToByteArray()
        val grown = QrSecrets(vector.getJSONObject("input").getString("qr"))
        assertEquals(expected.getString("tunnel_id"), grown.tunnelId.toHexString())
        assertEquals(expected.getString("eid_plaintext"), grown.eid(advert).toHexString())
        assertEquals(expected.getString("psk"), grown.psk(advert).toHexString())
    }

    /** One ceremony; returns everything that was logged and said, and remembers what must not be in it. */
    private fun play(town: Town, what: String): List<String> {
        val challenge = town.challenge(what)
        secrets["$what: challenge"] = fromBase64url(challenge.options.getString("challenge"))
        val workstation = town.workstation(what, challenge)
        val link = code(workstation)
        val written = File(folder.root, "log")
        val options = arrayOf(*town.network(), "--log", written.path)
        val phone = town.phone(link, Behaviour.APPROVE, *options)
        val advert = checkNotNull(phone.prints()) { phone.words() }
        workstation.hears(advert)
        remember(what, QrSecrets(link), advert.removePrefix("ADVERT ").hexToByteArray())
        town.meet(phone, workstation)
        assertEquals(phone.words(), 0, phone.end())
        remember(what, JSONObject(checkNotNull(workstation.prints()) { workstation.words() }))
        return written.readLines() + phone.words().lines()
    }

    private fun remember(what: String, grown: QrSecrets, advert: ByteArray) {
        secrets["$what: code"] = grown.digits.encodeToByteArray()
        secrets["$what: code's secret"] = grown.secret
        secrets["$what: tunnel id"] = grown.tunnelId
        secrets["$what: advert"] = advert
        secrets["$what: what the advert hides"] = grown.eid(advert)
        secrets["$what: pre-shared key"] = grown.psk(advert)
    }

    private fun remember(what: String, credential: JSONObject) {
        secrets.remember(what, credential)
        val response = credential.getJSONObject("response")
        val clientData = fromBase64url(response.getString("clientDataJSON"))
        secrets["$what: client data"] = clientData
        secrets["$what: client data hash"] = MessageDigest.getInstance("SHA-256").digest(clientData)
        val handle = response.optString("userHandle")
        if (handle.isNotEmpty()) secrets["user handle"] = fromBase64url(handle)
    }

    private fun fromBase64url(text: String): ByteArray = Base64.getUrlDecoder().decode(text)
}
