package org.wardkey.app

import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.provider.ORIGIN
import org.wardkey.app.provider.ProviderTestApplication
import org.wardkey.app.provider.RP_ID
import org.wardkey.app.provider.creationOptions
import org.wardkey.core.AndroidCaller
import org.wardkey.core.CreateRequest
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import java.security.MessageDigest

/** The list of those who may speak for web pages: whoever changes it changes it here too, knowingly. */
@RunWith(RobolectricTestRunner::class)
@OptIn(ExperimentalStdlibApi::class)
internal class PrivilegedAppsTest {
    private val application = RuntimeEnvironment.getApplication() as WardkeyApplication
    private val list = JSONObject(application.assets.open("privileged_apps.json").reader().readText())

    @Test
    fun `the core can read it`() = assertEquals(emptyList<Any>(), application.passkeys())

    @Test
    fun `trusts these and no others, by their released builds`() = assertEquals(
        mapOf(
            "com.google.android.gms" to listOf("7C:E8:3C:1B", "D2:2C:C5:00", "F0:FD:6C:5B", "19:75:B2:F1"),
            "com.android.chrome" to listOf("F0:FD:6C:5B"),
            "org.mozilla.firefox" to listOf("A7:8B:62:A5"),
            "org.mozilla.focus" to listOf("62:03:A4:73"),
            "com.microsoft.emmx" to listOf("01:E1:99:97"),
            "com.sec.android.app.sbrowser" to listOf("C8:A2:E9:BC", "34:DF:0E:7A"),
            "com.brave.browser" to listOf("9C:2D:B7:05"),
            "com.vivaldi.browser" to listOf("E8:A7:85:44"),
            "com.duckduckgo.mobile.android" to listOf("BB:7B:B3:1C"),
        ),
        objects(list, "apps").map { it.getJSONObject("info") }.associate { info ->
            val signatures = objects(info, "signatures")
            assertTrue(signatures.all { it.getString("build") == "release" })
            info.getString("package_name") to signatures.map { it.getString("cert_fingerprint_sha256").take(11) }
        },
    )

    @Test
    fun `each fingerprint is what it was, to the last byte`() {
        val fingerprints = objects(list, "apps").flatMap { objects(it.getJSONObject("info"), "signatures") }
            .joinToString("\n") { it.getString("cert_fingerprint_sha256") }
        val digest = MessageDigest.getInstance("SHA-256").digest(fingerprints.toByteArray())
        assertEquals("6369bd88c938cca21d16655b762b6aec626c703dff56f1974a5fff132a536f5e", digest.toHexString())
    }

    @Test
    fun `the app itself trusts the list, and nobody who is not on it`() {
        val chrome = objects(list, "apps").map { it.getJSONObject("info") }
            .single { it.getString("package_name") == "com.android.chrome" }
        val digest = objects(chrome, "signatures").single().getString("cert_fingerprint_sha256")
            .replace(":", "").hexToByteArray()
        assertTrue(register(digest).contains("attestationObject"))
        for (bit in listOf(0, 100, 255)) {
            val other = digest.copyOf()
            other[bit / 8] = (other[bit / 8].toInt() xor (1 shl (bit % 8))).toByte()
            val refused = assertThrows(PasskeyException.NotAllowed::class.java) { register(other) }
            assertEquals(Reason.UNTRUSTED_CALLER, refused.failure.reason)
        }
    }

    @Test
    fun `the app itself asks an app's site for its links`() {
        val app = AndroidCaller("org.example.app", listOf(ByteArray(32)), null, null, null)
        val unreached = assertThrows(PasskeyException.Network::class.java) { register(app, "localhost") }
        assertEquals(Reason.SITE_UNREACHABLE, unreached.failure.reason)
    }

    private fun register(signer: ByteArray): String {
        val hash = ByteArray(32) { 7 }
        return register(AndroidCaller("com.android.chrome", listOf(signer), null, ORIGIN, hash), RP_ID)
    }

    private fun register(caller: AndroidCaller, rpId: String): String = runBlocking {
        val wanted = CreateRequest(creationOptions(rpId = rpId), conditional = false)
        val person = ProviderTestApplication.Person()
        application.wardkey.provider.create(wanted, caller, JvmKeys(), person).response
    }

    @Test
    fun `says where it is from and of when`() {
        assertEquals(1, list.getInt("version"))
        assertTrue(list.getString("source").startsWith("https://www.gstatic.com/gpm-passkeys-privileged-apps/"))
        assertTrue(list.getString("retrieved").matches(Regex("""\d{4}-\d\d-\d\d""")))
    }

    private fun objects(parent: JSONObject, name: String): List<JSONObject> {
        val array = parent.getJSONArray(name)
        return (0 until array.length()).map(array::getJSONObject)
    }
}
