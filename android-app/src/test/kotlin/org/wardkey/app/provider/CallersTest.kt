package org.wardkey.app.provider

import android.app.PendingIntent
import android.os.Bundle
import android.service.credentials.CallingAppInfo
import androidx.credentials.exceptions.domerrors.DomError
import androidx.credentials.exceptions.domerrors.NotAllowedError
import androidx.credentials.exceptions.domerrors.SecurityError
import androidx.credentials.exceptions.publickeycredential.CreatePublicKeyCredentialDomException
import androidx.credentials.provider.CreateEntry
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.wardkey.app.passkeys
import org.wardkey.app.restrict
import java.io.File

/** Who may ask, and for whom: each class of caller, let in and turned away. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class CallersTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }

    @Test
    fun `a browser on the list speaks for its page`() {
        assertEquals(ORIGIN, clientData(register(browser())).getString("origin"))
        assertEquals(ORIGIN, clientData(register(browser("$ORIGIN/"))).getString("origin"))
        assertEquals("nobody was asked about a browser", emptyList<String>(), application.fetched)
    }

    @Test
    fun `a browser whose certificate was rotated is known by the first`() {
        val rotated = caller(BROWSER, listOf(APP_CERTIFICATE), ORIGIN, past = listOf(BROWSER_CERTIFICATE))
        register(rotated)
        val pretender = caller(BROWSER, listOf(BROWSER_CERTIFICATE), ORIGIN, past = listOf(APP_CERTIFICATE))
        assertRefused(SecurityError(), pretender)
    }

    @Test
    fun `a browser that is not on the list is turned away`() {
        assertRefused(SecurityError(), caller("org.example.other", listOf(BROWSER_CERTIFICATE), ORIGIN))
        assertRefused(SecurityError(), caller(BROWSER, listOf(APP_CERTIFICATE), ORIGIN))
    }

    @Test
    fun `of several signers all must be on the list`() {
        register(caller(CO_SIGNED, listOf(BROWSER_CERTIFICATE, PLAY_CERTIFICATE), ORIGIN))
        val oneUnknown = listOf(BROWSER_CERTIFICATE, APP_CERTIFICATE)
        assertRefused(SecurityError(), caller(CO_SIGNED, oneUnknown, ORIGIN))
        assertRefused(SecurityError(), caller(BROWSER, oneUnknown, ORIGIN))
    }

    @Test
    fun `a page may not use another site's passkeys`() {
        assertRefused(SecurityError(), browser("https://example.com"))
        assertRefused(SecurityError(), browser("http://$RP_ID"))
        assertRefused(SecurityError(), browser("no origin at all"))
    }

    @Test
    fun `an app that its site names has an origin of its own`() {
        application.sites[STATEMENTS] = assetLinks("org.example.app", APP_CERTIFICATE)
        val data = clientData(register(nativeApp()))
        assertEquals("android:apk-key-hash:${base64(sha256(APP_CERTIFICATE))}", data.getString("origin"))
        assertEquals("org.example.app", data.getString("androidPackageName"))
        assertEquals(listOf(STATEMENTS), application.fetched)
    }

    @Test
    fun `an app that its site does not name is turned away`() {
        for (statements in STATEMENTS_OF_OTHERS) {
            application.sites[STATEMENTS] = statements
            assertRefused(SecurityError(), nativeApp())
        }
        application.sites.clear()
        assertRefused(NotAllowedError(), nativeApp())
    }

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
        val play = caller(PLAY_SERVICES, listOf(PLAY_CERTIFICATE), "https://$RP_ID")
        // Offered before the organization changed its mind.
        val line = line()
        application.restrict { putStringArray("routes", arrayOf("play_services")) }
        created(selector.create(line, creationOptions(), play))
        assertRefused(NotAllowedError(), browser(), line = line)
        application.restrict { putStringArray("routes", arrayOf("this_phone", "scanner")) }
        assertRefused(NotAllowedError(), play, line = line)
        register(browser())
    }

    @Test
    fun `a package that only calls itself Play services is turned away`() =
        assertRefused(SecurityError(), caller(PLAY_SERVICES, listOf(BROWSER_CERTIFICATE), "https://$RP_ID"))

    @Test
    fun `who asked is told what was wrong with asking, and no more`() {
        val detail = refusal(caller("org.example.other", listOf(BROWSER_CERTIFICATE), ORIGIN)).errorMessage
        assertTrue("$detail", "org.example.other" in detail.toString())
        val file = File(application.noBackupFilesDir, "passkeys")
        val line = line()
        file.writeBytes(byteArrayOf(1, 2, 3))
        val damaged = createFailure(selector.create(line, creationOptions()))
        assertFalse("${damaged.errorMessage}", "passkeys" in damaged.errorMessage?.toString().orEmpty())
    }

    private fun register(caller: CallingAppInfo): JSONObject =
        created(selector.create(line(), creationOptions(), caller))

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
    ): CreatePublicKeyCredentialDomException {
        val before = application.passkeys().size
        val failure = createFailure(selector.create(line, creationOptions(), caller, more))
        assertEquals("nothing was made", before, application.passkeys().size)
        return failure as CreatePublicKeyCredentialDomException
    }

    /** Any caller's line: who asks is proved when the request itself arrives. */
    private fun line(): PendingIntent {
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        return checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
    }
}
