package org.wardkey.app.provider

import android.app.PendingIntent
import android.os.Bundle
import android.service.credentials.CallingAppInfo
import androidx.credentials.exceptions.domerrors.DomError
import androidx.credentials.exceptions.domerrors.NotAllowedError
import androidx.credentials.exceptions.domerrors.SecurityError
import androidx.credentials.exceptions.publickeycredential.GetPublicKeyCredentialDomException
import androidx.credentials.provider.CreateEntry
import androidx.credentials.provider.PublicKeyCredentialEntry
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.SOFTWARE
import org.wardkey.app.passkeys
import org.wardkey.app.restrict
import java.security.Signature
import java.util.concurrent.atomic.AtomicInteger

/**
 * Who may sign in, and for whom: each class of caller, let in and turned away. The passkey is there and the
 * person has chosen it; whoever is turned away gets no signature all the same.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class CallersAtSignInTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }
    private val signatures = AtomicInteger()
    private val keys = JvmKeys(beforeSign = { signatures.incrementAndGet() })

    @Before
    fun register() {
        application.keys = keys
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        val line = checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
        created(selector.create(line, creationOptions()))
        signatures.set(0)
    }

    @Test
    fun `a browser on the list speaks for its page`() {
        for (origin in listOf(ORIGIN, "$ORIGIN/")) {
            val data = clientData(signIn(browser(origin)))
            assertEquals("webauthn.get", data.getString("type"))
            assertEquals(ORIGIN, data.getString("origin"))
        }
        assertEquals("nobody was asked about a browser", emptyList<String>(), application.fetched)
    }

    @Test
    fun `a browser whose certificate was rotated is known by the first`() {
        signIn(caller(BROWSER, listOf(APP_CERTIFICATE), ORIGIN, past = listOf(BROWSER_CERTIFICATE)))
        val pretender = caller(BROWSER, listOf(BROWSER_CERTIFICATE), ORIGIN, past = listOf(APP_CERTIFICATE))
        assertRefused(SecurityError(), pretender)
    }

    @Test
    fun `a browser that is not on the list is turned away`() =
        assertRefused(SecurityError(), caller("org.example.other", listOf(BROWSER_CERTIFICATE), ORIGIN))

    @Test
    fun `a browser with another certificate is turned away`() =
        assertRefused(SecurityError(), caller(BROWSER, listOf(APP_CERTIFICATE), ORIGIN))

    @Test
    fun `of several signers all must be on the list`() {
        signIn(caller(CO_SIGNED, listOf(BROWSER_CERTIFICATE, PLAY_CERTIFICATE), ORIGIN))
        val oneUnknown = listOf(BROWSER_CERTIFICATE, APP_CERTIFICATE)
        assertRefused(SecurityError(), caller(CO_SIGNED, oneUnknown, ORIGIN))
        assertRefused(SecurityError(), caller(BROWSER, oneUnknown, ORIGIN))
    }

    @Test
    fun `a page may not use another site's passkey`() {
        val others = listOf("https://example.com", "http://$RP_ID", "https://$RP_ID.example", "none at all")
        for (origin in others) assertRefused(SecurityError(), browser(origin))
    }

    @Test
    fun `an app that its site names signs with an origin of its own`() {
        application.sites[STATEMENTS] = assetLinks("org.example.app", APP_CERTIFICATE)
        val answer = signIn(nativeApp())
        val data = clientData(answer)
        assertEquals("android:apk-key-hash:${base64(sha256(APP_CERTIFICATE))}", data.getString("origin"))
        assertEquals("org.example.app", data.getString("androidPackageName"))
        assertEquals(CHALLENGE, data.getString("challenge"))
        assertEquals(listOf(STATEMENTS), application.fetched)
        assertTrue("the signature is over that very client data", verifies(answer))
    }

    @Test
    fun `an app that its site does not name is turned away`() {
        for (statements in STATEMENTS_OF_OTHERS) {
            application.sites[STATEMENTS] = statements
            assertRefused(SecurityError(), nativeApp())
        }
    }

    @Test
    fun `an app whose site cannot be asked is turned away`() = assertRefused(NotAllowedError(), nativeApp())

    @Test
    fun `an app with several signers, or none, is nobody`() {
        application.sites[STATEMENTS] = assetLinks("org.example.app", APP_CERTIFICATE)
        val several = listOf(APP_CERTIFICATE, BROWSER_CERTIFICATE)
        assertRefused(SecurityError(), caller("org.example.app", several))
        assertRefused(NotAllowedError(), caller("org.example.app", emptyList()))
        assertRefused(NotAllowedError(), caller(BROWSER, emptyList(), ORIGIN))
    }

    @Test
    fun `a hash of client data without an origin is refused, from browsers too`() {
        application.sites[STATEMENTS] = assetLinks("org.example.app", APP_CERTIFICATE)
        assertRefused(SecurityError(), nativeApp(), WITH_HASH)
        assertRefused(SecurityError(), browser(origin = null), WITH_HASH)
    }

    @Test
    fun `Play services speak for another device, unless the organization forbids it`() {
        val play = caller(PLAY_SERVICES, listOf(PLAY_CERTIFICATE), ORIGIN)
        // Offered before the organization changed its mind.
        val line = line()
        application.restrict { putStringArray("routes", arrayOf("play_services")) }
        signIn(play, line)
        assertRefused(NotAllowedError(), browser(), line = line)
        application.restrict { putStringArray("routes", arrayOf("this_phone", "scanner")) }
        assertRefused(NotAllowedError(), play, line = line)
        signIn(browser(), line)
    }

    @Test
    fun `a package that only calls itself Play services is turned away`() =
        assertRefused(SecurityError(), caller(PLAY_SERVICES, listOf(BROWSER_CERTIFICATE), ORIGIN))

    @Test
    fun `whoever is turned away learns nothing of the passkey`() {
        val detail = refusal(caller("org.example.other", listOf(BROWSER_CERTIFICATE), ORIGIN)).errorMessage
        assertTrue("$detail", "org.example.other" in detail.toString())
        for (secret in listOf(ACCOUNT, application.passkeys().single().displayName)) {
            assertFalse("$detail", secret in detail.toString())
        }
    }

    private fun signIn(caller: CallingAppInfo, line: PendingIntent = line()): JSONObject {
        val before = signatures.get()
        return signedIn(selector.get(line, requestOptions(), caller)).also {
            assertEquals("one signature", before + 1, signatures.get())
        }
    }

    private fun assertRefused(
        expected: DomError,
        caller: CallingAppInfo,
        more: Bundle.() -> Unit = {},
        line: PendingIntent = line(),
    ) = assertEquals(expected.type, refusal(caller, more, line).domError.type)

    private fun refusal(
        caller: CallingAppInfo,
        more: Bundle.() -> Unit = {},
        line: PendingIntent = line(),
    ): GetPublicKeyCredentialDomException {
        val before = application.passkeys().single()
        val signed = signatures.get()
        val failure = getFailure(selector.get(line, requestOptions(), caller, more))
        assertEquals("nothing was signed", signed, signatures.get())
        assertEquals("nor counts as used", before.lastUsed, application.passkeys().single().lastUsed)
        if (signed == 0) assertNull(before.lastUsed)
        return failure as GetPublicKeyCredentialDomException
    }

    /** A chosen passkey: who asks is proved when the request itself arrives. */
    private fun line(): PendingIntent {
        val entry = selector.beginGet(requestOptions()).required().credentialEntries.single()
        return checkNotNull(PublicKeyCredentialEntry.fromSlice(entry.slice)).pendingIntent
    }

    /** WebAuthn Level 3 §7.2: over the authenticator data and the hash of the client data as it was sent. */
    private fun verifies(answer: JSONObject): Boolean {
        val response = answer.getJSONObject("response")
        return Signature.getInstance("SHA256withECDSA", SOFTWARE).run {
            initVerify(keys.keys.values.single().public)
            update(bytes(response.getString("authenticatorData")))
            update(sha256(bytes(response.getString("clientDataJSON"))))
            verify(bytes(response.getString("signature")))
        }
    }
}
