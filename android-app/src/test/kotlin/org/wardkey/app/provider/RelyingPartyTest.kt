package org.wardkey.app.provider

import android.app.Activity
import androidx.credentials.CreatePublicKeyCredentialRequest
import androidx.credentials.GetPublicKeyCredentialOption
import androidx.credentials.provider.CreateEntry
import androidx.credentials.provider.PublicKeyCredentialEntry
import org.json.JSONObject
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.fakes.Secrets
import org.wardkey.app.fakes.SyntheticAttestation
import org.wardkey.app.fakes.x509
import org.wardkey.app.keys.AndroidKeys
import org.wardkey.app.keys.SigningPrompts
import org.wardkey.core.HardwareKeys
import org.wardkey.core.SigningPrompt
import org.wardkey.core.Use
import java.security.Signature
import java.util.Base64

/**
 * The app with the keys it has on a phone. Only the prompt is not Android's own: Robolectric's hands back no
 * signature.
 */
internal class PhoneTestApplication : ProviderTestApplication() {
    /** What each prompt said. */
    val prompts = mutableListOf<SigningPrompt>()
    val hardware = FakeAndroidKeyStore.install()

    override fun keys(activity: Activity): HardwareKeys = AndroidKeys(Finger())

    private inner class Finger : SigningPrompts {
        override suspend fun authenticate(
            signature: Signature,
            prompt: SigningPrompt,
            pinAllowed: Boolean,
        ): Signature {
            prompts += prompt
            hardware.authenticateUser(signature)
            return signature
        }
    }
}

/**
 * From a relying party's options through browser, selector, service, activity, prompt and key store, and
 * back: the project's own relying party says whether the answers are good. Everything is the app's own code
 * but the hardware, the browser and the person.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = PhoneTestApplication::class)
internal class RelyingPartyTest {
    @get:Rule
    val folder = TemporaryFolder()

    private val application = RuntimeEnvironment.getApplication() as PhoneTestApplication
    private val hardware = application.hardware
    private val attestation = SyntheticAttestation()
    private val sandbox by lazy { Sandbox(attestation.root, folder.root) }
    private val selector = Selector().also { secure(application) }
    private val secrets = Secrets().apply { this["account"] = ACCOUNT.encodeToByteArray() }

    init {
        hardware.attest = { pair, spec ->
            attestation.chain(pair.public, spec.attestationChallenge, spec.isStrongBoxBacked).map(::x509)
        }
    }

    @After
    fun end() {
        sandbox.close()
        FakeAndroidKeyStore.uninstall()
    }

    @Test
    fun `the relying party accepts the passkey and each sign-in with it`() {
        val report = register()
        assertEquals("registration", report.getString("ceremony"))
        assertTrue(report.getJSONObject("flags").getBoolean("userVerified"))
        assertFalse("a hardware key stays here", report.getJSONObject("flags").getBoolean("backupEligible"))
        val verdict = report.getJSONObject("attestation")
        assertEquals("android-key", verdict.getString("format"))
        assertTrue("$verdict", verdict.getBoolean("verified"))
        var counter = report.getInt("signCount")
        repeat(2) {
            val signin = signIn()
            assertTrue("the counter grows", signin.getInt("signCount") > counter)
            counter = signin.getInt("signCount")
            assertEquals("signin", signin.getString("ceremony"))
            assertEquals(report.getString("credentialId"), signin.getString("credentialId"))
            assertTrue(signin.getJSONObject("flags").getBoolean("userVerified"))
        }
        val said = application.prompts.map { Triple(it.purpose, it.rpId, it.account) }
        val expected = listOf(Use.REGISTER, Use.SIGN_IN, Use.SIGN_IN).map { Triple(it, "localhost", ACCOUNT) }
        assertEquals("one prompt for each signature", expected, said)
        val log = ShadowLog.getLogs().map { "${it.tag} ${it.msg} ${it.throwable}" }
        assertEquals("$log", emptyList<String>(), secrets.leaks(log))
        val spec = hardware.asked.single()
        assertTrue(spec.isUserAuthenticationRequired && spec.isUnlockedDeviceRequired && spec.isStrongBoxBacked)
    }

    /** So that an accepted answer means something. */
    @Test
    fun `the relying party refuses an answer to other client data`() {
        register()
        val (session, options) = offered("/signin/options", JSONObject())
        val answer = signed(options)
        val other = clientData("webauthn.get", options.getString("challenge"), "https://example.com")
        val (status, refusal) = sandbox.post("/signin/verify", verification(session, answer, other))
        assertEquals("$refusal", 422, status)
    }

    private fun register(): JSONObject {
        val (session, options) = offered("/register/options", JSONObject().put("userName", ACCOUNT))
        val data = clientData("webauthn.create", options.getString("challenge"), sandbox.origin)
        val request = CreatePublicKeyCredentialRequest(options.toString(), sha256(data), origin = sandbox.origin)
        val caller = browser(sandbox.origin)
        val entry = selector.beginCreate(request.requestJson, caller).required().createEntries.single()
        val line = checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
        val answer = created(selector.choose(line, selector.createExtras(caller, request.credentialData)))
        return verified("/register/verify", verification(session, answer, data))
    }

    private fun signIn(): JSONObject {
        val (session, options) = offered("/signin/options", JSONObject())
        val data = clientData("webauthn.get", options.getString("challenge"), sandbox.origin)
        return verified("/signin/verify", verification(session, signed(options), data))
    }

    private fun signed(options: JSONObject): JSONObject {
        val data = clientData("webauthn.get", options.getString("challenge"), sandbox.origin)
        val option = GetPublicKeyCredentialOption(options.toString(), sha256(data))
        val caller = browser(sandbox.origin)
        val entry = selector.beginGet(option.requestJson, caller = caller).required().credentialEntries.single()
        val line = checkNotNull(PublicKeyCredentialEntry.fromSlice(entry.slice)).pendingIntent
        return signedIn(selector.choose(line, selector.getExtras(caller, option.requestData)))
    }

    private fun offered(path: String, asked: JSONObject): Pair<String, JSONObject> {
        val offer = verified(path, asked)
        secrets["$path: session"] = offer.getString("session").encodeToByteArray()
        val challenge = offer.getJSONObject("publicKey").getString("challenge")
        secrets["$path: challenge"] = Base64.getUrlDecoder().decode(challenge)
        return offer.getString("session") to offer.getJSONObject("publicKey")
    }

    private fun verified(path: String, body: JSONObject): JSONObject {
        val (status, answer) = sandbox.post(path, body)
        assertEquals("$path: $answer", 200, status)
        return answer
    }

    /** What a browser sends on: its own client data in the place that the authenticator left for it. */
    private fun verification(session: String, answer: JSONObject, clientData: ByteArray): JSONObject {
        answer.getJSONObject("response").put("clientDataJSON", base64(clientData))
        secrets.remember(session, answer)
        secrets["$session: client data hash"] = sha256(clientData)
        return JSONObject().put("session", session).put("credential", answer)
    }

    private fun clientData(type: String, challenge: String, origin: String): ByteArray =
        JSONObject().put("type", type).put("challenge", challenge).put("origin", origin)
            .put("crossOrigin", false).toString().toByteArray()
}
