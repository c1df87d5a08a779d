package org.wardkey.app.provider

import android.app.PendingIntent
import android.app.slice.Slice
import android.app.slice.SliceItem
import android.content.Intent
import android.content.pm.PackageManager
import android.credentials.ClearCredentialStateException
import android.os.Bundle
import android.os.CancellationSignal
import android.os.OutcomeReceiver
import android.service.credentials.ClearCredentialStateRequest
import android.service.credentials.CredentialProviderService
import androidx.credentials.provider.CreateEntry
import androidx.credentials.provider.PublicKeyCredentialEntry
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.app.restrict
import org.xmlpull.v1.XmlPullParser
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** The first question, answered with lines for the selector; read by hand, against the names on the wire. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class PasskeyProviderServiceTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val hardware = FakeAndroidKeyStore.install()
    private val selector = Selector().also { secure(application) }

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    @Test
    fun `Android finds the service, behind its permission, with what it can do`() {
        val packages = application.packageManager
        val asked = Intent(CredentialProviderService.SERVICE_INTERFACE)
        val service = packages.queryIntentServices(asked, PackageManager.GET_META_DATA).single().serviceInfo
        assertEquals(PasskeyProviderService::class.java.name, service.name)
        assertEquals("android.permission.BIND_CREDENTIAL_PROVIDER_SERVICE", service.permission)
        assertTrue(service.exported)
        val described = service.loadXmlMetaData(packages, CredentialProviderService.SERVICE_META_DATA)
        val names = generateSequence { described.next().takeIf { it != XmlPullParser.END_DOCUMENT } }
            .filter { it == XmlPullParser.START_TAG && described.name == "capability" }
            .map { described.getAttributeValue(null, "name") }
            .toList()
        assertEquals(listOf("androidx.credentials.TYPE_PUBLIC_KEY_CREDENTIAL"), names)
    }

    @Test
    fun `a line for a new passkey says for whom and what is here already`() {
        register("a@example.org")
        signIn()
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single().slice
        assertEquals("CreateEntry", entry.spec?.type)
        assertEquals(1, entry.spec?.revision)
        val line = entry.hinted("androidx.credentials.provider.createEntry.")
        assertEquals("Test clinician", line.getValue("SLICE_HINT_USER_PROVIDER_ACCOUNT_NAME").text)
        assertTrue(line.getValue("SLICE_HINT_NOTE").text.startsWith("For $RP_ID. Kept in this phone"))
        val counts = line.getValue("SLICE_HINT_CREDENTIAL_COUNT_INFORMATION").bundle
        assertEquals(1, counts.getInt(PUBLIC_KEY))
        assertEquals(1, counts.getInt("TOTAL_CREDENTIAL_COUNT_TYPE"))
        assertTrue(line.getValue("SLICE_HINT_LAST_USED_TIME_MILLIS").long > 0)
        assertEquals("false", line.getValue("SLICE_HINT_AUTO_SELECT_ALLOWED").text)
        assertLeadsTo(CreatePasskeyActivity::class.java, line.getValue("SLICE_HINT_PENDING_INTENT").action)
    }

    @Test
    fun `a line for a new passkey says no more of its site than it can`() {
        fun note(rpId: String?): String {
            val entry = selector.beginCreate(creationOptions(rpId)).required().createEntries.single().slice
            return noteOf(entry)
        }
        assertTrue("that of the page", note(null).startsWith("Kept in this phone"))
        val longest = List(3) { "a".repeat(63) }.joinToString(".") + ".example.org"
        assertTrue(note(longest), "a.example.org. Kept in this phone" in note(longest) && note(longest).length <= 300)
        for (noSite in listOf("not a site", "\u202egro.elpmaxe", "")) {
            val answer = selector.beginCreate(creationOptions(noSite))
            val said = answer.response?.createEntries?.single()?.slice?.let(::noteOf)
            assertTrue("$said", said == null || said.startsWith("Kept in this phone"))
        }
    }

    private fun noteOf(line: Slice): String =
        line.hinted("androidx.credentials.provider.createEntry.").getValue("SLICE_HINT_NOTE").text.toString()

    @Test
    fun `a line for each passkey that fits says account, person, site and last use`() {
        register("a@example.org")
        register("b@example.org")
        signIn()
        val entries = selector.beginGet(requestOptions()).required().credentialEntries
        assertEquals(listOf("option-0", "option-0"), entries.map { it.beginGetCredentialOptionId })
        val specs = entries.map { it.slice.spec }
        for (spec in specs) assertEquals(PUBLIC_KEY to 1, spec?.type to spec?.revision)
        val lines = entries.map { it.slice.hinted("androidx.credentials.provider.credentialEntry.") }
        assertEquals(
            listOf("b@example.org", "a@example.org"),
            lines.map { it.getValue("SLICE_HINT_USER_NAME").text },
        )
        for (line in lines) {
            val person = line.getValue("SLICE_HINT_CREDENTIAL_TYPE_DISPLAY_NAME").text
            assertEquals("Test clinician, $RP_ID", person)
            assertTrue(line.getValue("SLICE_HINT_TYPE_DISPLAY_NAME").text.isNotEmpty())
            assertEquals("option-0", line.getValue("SLICE_HINT_OPTION_ID").text)
            assertNotNull(line.getValue("SLICE_HINT_PROFILE_ICON").icon)
            assertEquals("false", line.getValue("SLICE_HINT_AUTO_ALLOWED").text)
            assertLeadsTo(GetPasskeyActivity::class.java, line.getValue("SLICE_HINT_PENDING_INTENT").action)
        }
        assertTrue(lines.first().getValue("SLICE_HINT_LAST_USED_TIME_MILLIS").long > 0)
        assertNull("never used", lines.last()["SLICE_HINT_LAST_USED_TIME_MILLIS"])
        val codes = lines.map { shadowOf(it.getValue("SLICE_HINT_PENDING_INTENT").action).requestCode }
        assertNotEquals(codes.first(), codes.last())
    }

    /** Neither the keys that ceremonies use nor Android's key store itself. */
    @Test
    fun `no line touches the hardware`() {
        register()
        val untouchable = UntouchableKeys()
        application.keys = untouchable
        hardware.reached.clear()
        assertEquals(1, selector.beginGet(requestOptions()).required().credentialEntries.size)
        assertEquals(1, selector.beginCreate(creationOptions()).required().createEntries.size)
        assertEquals(emptyList<String>(), untouchable.touched)
        assertEquals(emptyList<FakeAndroidKeyStore.Step>(), hardware.reached)
    }

    @Test
    fun `answers for several requests at once, each with its own`() {
        register()
        val answer = selector.beginGet(requestOptions("example.com"), requestOptions()).required()
        assertEquals(listOf("option-1"), answer.credentialEntries.map { it.beginGetCredentialOptionId })
    }

    @Test
    fun `a request without a site means that of its origin`() {
        register()
        val options = requestOptions(rpId = null)
        assertEquals(1, selector.beginGet(options).required().credentialEntries.size)
        val elsewhere = browser("https://example.com")
        assertEquals(0, selector.beginGet(options, caller = elsewhere).required().credentialEntries.size)
        assertEquals(0, selector.beginGet(options, caller = nativeApp()).required().credentialEntries.size)
    }

    @Test
    fun `a site without a passkey gets no line and no advice`() {
        setScreenLock(application, false)
        val answer = selector.beginGet(requestOptions()).required()
        assertEquals(0, answer.credentialEntries.size + answer.authenticationActions.size + answer.actions.size)
    }

    @Test
    fun `what is missing is said in a line that leads to what to do`() {
        register()
        setScreenLock(application, false)
        assertObstacle("Set a screen lock to use your passkeys")

        secure(application)
        setBiometrics(application, false)
        val entries = selector.beginGet(requestOptions()).required().credentialEntries
        assertEquals("the PIN will do", 1, entries.size)
        application.restrict { putBoolean("pin_fallback_allowed", false) }
        assertObstacle("Add a fingerprint or your face to use your passkeys")

        secure(application)
        File(application.noBackupFilesDir, "passkeys").writeBytes(byteArrayOf(1))
        assertObstacle("Your passkeys could not be read: see what to do")
    }

    @Test
    fun `hardware that will not do stands in the way of new passkeys only`() {
        register()
        application.restrict { putBoolean("strongbox_required", true) }
        assertEquals(1, selector.beginGet(requestOptions()).required().credentialEntries.size)
        assertCreateObstacle("This phone lacks the security chip that your organisation asks for")
        shadowOf(application.packageManager).setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        assertEquals("Test clinician", CreateEntry.fromSlice(entry.slice)?.accountName)
    }

    @Test
    fun `a way to ask that the organisation does not allow gets nothing`() {
        register()
        val play = caller(PLAY_SERVICES, listOf(PLAY_CERTIFICATE), ORIGIN)
        val local = browser()
        for ((routes, served) in mapOf("this_phone" to local, "play_services" to play)) {
            application.restrict { putStringArray("routes", arrayOf(routes)) }
            for (caller in listOf(local, play)) {
                val expected = if (caller === served) 1 else 0
                val lines = selector.beginGet(requestOptions(), caller = caller).response
                assertEquals(expected, lines?.credentialEntries.orEmpty().size)
                val offers = selector.beginCreate(creationOptions(), caller).response
                assertEquals(expected, offers?.createEntries.orEmpty().size)
            }
        }
        application.restrict { putStringArray("routes", arrayOf("scanner")) }
        assertNull(selector.beginGet(requestOptions(), caller = nativeApp()).response)
        assertEquals(NO_CREATE_OPTIONS, createFailureType(creationOptions()))
    }

    @Test
    fun `a site that the organization does not allow gets nothing`() {
        register()
        application.restrict { putString("allowed_relying_parties", "example.com") }
        assertEquals(0, selector.beginGet(requestOptions()).required().credentialEntries.size)
        assertEquals(NO_CREATE_OPTIONS, createFailureType(creationOptions()))
    }

    @Test
    fun `what is no passkey, or not asked for by anybody, gets no line`() {
        val type = "android.credentials.TYPE_PASSWORD_CREDENTIAL"
        assertEquals(NO_CREATE_OPTIONS, typeOf(selector.beginCreate(creationOptions(), type = type)))
        val conditional = "androidx.credentials.BUNDLE_KEY_IS_CONDITIONAL_REQUEST"
        for (put in listOf<Bundle.() -> Unit>({ putBoolean(conditional, true) }, { putString(conditional, "no") })) {
            assertEquals(NO_CREATE_OPTIONS, typeOf(selector.beginCreate(creationOptions(), more = put)))
        }
        val password = selector.beginGet(requestOptions(), type = type)
        assertEquals(0, password.required().credentialEntries.size)
    }

    @Test
    fun `malformed options get an answer too`() {
        for (options in listOf(null, "", "{", "[]", "{}", "\u0000", "{\"challenge\": []}")) {
            assertEquals(options, NO_CREATE_OPTIONS, typeOf(selector.beginCreate(options)))
            val expected = if (options == null) NO_CREDENTIAL else ENCODING
            assertEquals(options, expected, typeOf(selector.beginGet(options)))
        }
        val number: Bundle.() -> Unit = { putInt("androidx.credentials.BUNDLE_KEY_REQUEST_JSON", 7) }
        assertEquals(NO_CREATE_OPTIONS, typeOf(selector.beginCreate(null, more = number)))
        assertEquals(NO_CREDENTIAL, typeOf(selector.beginGet(null, more = number)))
    }

    @Test
    fun `a question that is called off is answered with an interruption`() {
        val answer = selector.beginGet(requestOptions(), cancelled = true)
        val type = (answer.failure as android.credentials.GetCredentialException?)?.type
        assertEquals("android.credentials.GetCredentialException.TYPE_INTERRUPTED", type)
    }

    @Test
    fun `signing out is acknowledged`() {
        val answered = CompletableFuture<Boolean>()
        val service = Robolectric.setupService(PasskeyProviderService::class.java)
        val request = ClearCredentialStateRequest(browser(), Bundle())
        service.onClearCredentialState(request, CancellationSignal(), object :
            OutcomeReceiver<Void, ClearCredentialStateException> {
            override fun onResult(result: Void?) {
                answered.complete(true)
            }

            override fun onError(error: ClearCredentialStateException) {
                answered.complete(false)
            }
        })
        assertTrue(answered.get(30, TimeUnit.SECONDS))
    }

    private fun register(account: String = ACCOUNT) {
        val options = creationOptions(account = account)
        val entry = selector.beginCreate(options).required().createEntries.single()
        created(selector.create(checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent, options))
    }

    /** With the newest passkey. */
    private fun signIn() {
        val entry = selector.beginGet(requestOptions()).required().credentialEntries.first()
        val line = checkNotNull(PublicKeyCredentialEntry.fromSlice(entry.slice)).pendingIntent
        signedIn(selector.get(line, requestOptions()))
    }

    private fun assertObstacle(words: String) {
        val answer = selector.beginGet(requestOptions()).required()
        assertEquals(0, answer.credentialEntries.size)
        val slice = answer.authenticationActions.single().slice
        assertEquals("AuthenticationAction", slice.spec?.type)
        val line = slice.hinted("androidx.credentials.provider.authenticationAction.")
        assertEquals(words, line.getValue("SLICE_HINT_TITLE").text)
        assertLeadsToPreflight(line.getValue("SLICE_HINT_PENDING_INTENT").action)
        assertCreateObstacle(words)
    }

    private fun assertCreateObstacle(words: String) {
        val slice = selector.beginCreate(creationOptions()).required().createEntries.single().slice
        val line = slice.hinted("androidx.credentials.provider.createEntry.")
        assertEquals("Wardkey is not ready", line.getValue("SLICE_HINT_USER_PROVIDER_ACCOUNT_NAME").text)
        assertEquals(words, line.getValue("SLICE_HINT_NOTE").text)
        assertLeadsToPreflight(line.getValue("SLICE_HINT_PENDING_INTENT").action)
    }

    private fun assertLeadsToPreflight(line: PendingIntent) {
        val component = shadowOf(line).savedIntent.component
        assertEquals("org.wardkey.app.screens.PreflightActivity", component?.className)
    }

    /** Explicit, so that nothing filled in leads elsewhere; open for the request; for more than one use. */
    private fun assertLeadsTo(activity: Class<*>, line: PendingIntent) {
        val shadow = shadowOf(line)
        assertTrue(shadow.isActivity)
        assertEquals(activity.name, shadow.savedIntent.component?.className)
        assertEquals(application.packageName, shadow.savedIntent.component?.packageName)
        assertEquals(PendingIntent.FLAG_MUTABLE, shadow.flags and PendingIntent.FLAG_MUTABLE)
        assertEquals(0, shadow.flags and PendingIntent.FLAG_ONE_SHOT)
        val hostile = Intent("org.example.other").setClassName("org.example", "org.example.Other")
        val filled = Intent(shadow.savedIntent).apply { fillIn(hostile, 0) }
        assertEquals(activity.name, filled.component?.className)
    }

    private fun createFailureType(options: String) = typeOf(selector.beginCreate(options))

    /** Of the exception that Android passes on. */
    private fun typeOf(answer: Selector.Answer<*>): String? = when (val failure = answer.failure) {
        is android.credentials.CreateCredentialException -> failure.type
        is android.credentials.GetCredentialException -> failure.type
        else -> throw AssertionError("an answer", failure)
    }

    private companion object {
        const val NO_CREDENTIAL = "android.credentials.GetCredentialException.TYPE_NO_CREDENTIAL"
        const val ENCODING = "androidx.credentials.TYPE_GET_PUBLIC_KEY_CREDENTIAL_DOM_EXCEPTION/" +
            "androidx.credentials.TYPE_ENCODING_ERROR"
        const val NO_CREATE_OPTIONS = "android.credentials.CreateCredentialException.TYPE_NO_CREATE_OPTIONS"
    }
}

/** The parts of a slice by the rest of their hint after [prefix]. */
private fun Slice.hinted(prefix: String): Map<String, SliceItem> = items.flatMap { item ->
    val hints = item.hints + if (item.format == SliceItem.FORMAT_ACTION) item.slice.hints else emptyList()
    hints.filter { it.startsWith(prefix) }.map { it.removePrefix(prefix) to item }
}.toMap()
