package org.wardkey.app.provider

import android.app.PendingIntent
import android.content.Intent
import android.content.res.Configuration
import android.credentials.CredentialOption
import android.os.Bundle
import android.service.credentials.CreateCredentialRequest
import android.service.credentials.CredentialProviderService
import android.service.credentials.GetCredentialRequest
import androidx.credentials.CreatePublicKeyCredentialResponse
import androidx.credentials.PublicKeyCredential
import androidx.credentials.exceptions.CreateCredentialCancellationException
import androidx.credentials.exceptions.CreateCredentialException
import androidx.credentials.exceptions.CreateCredentialInterruptedException
import androidx.credentials.exceptions.GetCredentialException
import androidx.credentials.exceptions.GetCredentialInterruptedException
import androidx.credentials.exceptions.NoCredentialException
import androidx.credentials.exceptions.domerrors.DomError
import androidx.credentials.exceptions.domerrors.EncodingError
import androidx.credentials.exceptions.domerrors.InvalidStateError
import androidx.credentials.exceptions.domerrors.NotAllowedError
import androidx.credentials.exceptions.publickeycredential.CreatePublicKeyCredentialDomException
import androidx.credentials.exceptions.publickeycredential.GetPublicKeyCredentialDomException
import androidx.credentials.provider.CreateEntry
import androidx.credentials.provider.PendingIntentHandler
import androidx.credentials.provider.PublicKeyCredentialEntry
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowSystemClock
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.idleUntil
import org.wardkey.app.passkeys
import org.wardkey.core.Message
import java.io.File
import java.time.Duration

/** From a line in the selector through the real core to the result that Android takes. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class PasskeyActivitiesTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }

    @Test
    fun `makes a passkey and signs in with it`() {
        val created = created(selector.create(createLine(), creationOptions()))
        assertEquals("public-key", created.getString("type"))
        val data = clientData(created)
        assertEquals("webauthn.create", data.getString("type"))
        assertEquals(CHALLENGE, data.getString("challenge"))
        assertEquals(ORIGIN, data.getString("origin"))

        val signedIn = signedIn(selector.get(getLine(), requestOptions()))
        assertEquals(created.getString("id"), signedIn.getString("id"))
        assertEquals("webauthn.get", clientData(signedIn).getString("type"))
        assertEquals("the selector was the consent", 0, application.person.asked)
        assertEquals(emptyList<Message>(), application.person.told)
    }

    @Test
    fun `a hash of client data is signed as it is, and no client data is made up`() {
        val hash = clientDataHash()
        val ways = listOf<Bundle.() -> Unit>({ putByteArray(HASH, hash) }, { putString(HASH, base64(hash)) })
        for (given in ways) {
            val created = created(selector.create(createLine(), creationOptions(), more = given))
            val placeholder = bytes(created.getJSONObject("response").getString("clientDataJSON"))
            assertFalse(CHALLENGE in placeholder.decodeToString())
            // The attestation is of the hash: hardware keys carry it as their challenge.
            val attested = bytes(created.getJSONObject("response").getString("attestationObject"))
            assertTrue(attested.holds(hash))
        }
    }

    @Test
    fun `a hash of client data of another kind is refused, never replaced`() {
        val wrong = listOf<Bundle.() -> Unit>(
            { putInt(HASH, 7) },
            { putByteArray(HASH, ByteArray(31)) },
            { putString(HASH, "not base64url!") },
            { putString(HASH, "AAAA") },
        )
        for (given in wrong) {
            assertNotNull(createFailure(selector.create(createLine(), creationOptions(), more = given)))
        }
        assertEquals(emptyList<Any>(), application.passkeys())
    }

    @Test
    fun `an excluded passkey is an InvalidStateError, after the person has been told`() {
        val id = created(selector.create(createLine(), creationOptions())).getString("id")
        val result = selector.create(createLine(), creationOptions(exclude = listOf(id)))
        assertDomError(InvalidStateError(), result)
        assertEquals(listOf(Message.ALREADY_REGISTERED), application.person.told)
        // As Chrome reads it off the wire.
        val type = "androidx.credentials.TYPE_CREATE_PUBLIC_KEY_CREDENTIAL_DOM_EXCEPTION/" +
            "androidx.credentials.TYPE_INVALID_STATE_ERROR"
        val name = "android.service.credentials.extra.CREATE_CREDENTIAL_EXCEPTION"
        val exception = result.getSerializableExtra(name, android.credentials.CreateCredentialException::class.java)
        assertEquals(type, exception?.type)
    }

    @Test
    fun `a passkey that was removed meanwhile is none`() {
        created(selector.create(createLine(), creationOptions()))
        val line = getLine()
        val id = application.passkeys().single().credentialId
        runBlocking { application.wardkey.provider.remove(id, application.keys) }
        assertTrue(getFailure(selector.get(line, requestOptions())) is NoCredentialException)
    }

    @Test
    fun `conditional creation is refused without a word to the person`() {
        val result = selector.create(createLine(), creationOptions()) {
            putBoolean(CONDITIONAL, true)
        }
        assertDomError(NotAllowedError(), result)
        assertEquals(emptyList<Any>(), application.passkeys())
    }

    @Test
    fun `what says neither that it is conditional nor that it is not is refused`() {
        for (put in listOf<Bundle.() -> Unit>({ putString(CONDITIONAL, "true") }, { putInt(CONDITIONAL, 1) })) {
            assertDomError(EncodingError(), selector.create(createLine(), creationOptions(), more = put))
        }
        created(selector.create(createLine(), creationOptions()) { putBoolean(CONDITIONAL, false) })
    }

    @Test
    fun `malformed options are refused`() {
        val nameless = creationOptions().replace("\"rp\"", "\"pr\"")
        for (options in listOf("", "{", "null", "[]", "{}", "{\"challenge\": 7}", nameless)) {
            assertNotNull(options, createFailure(selector.create(createLine(), options)))
        }
        created(selector.create(createLine(), creationOptions()))
        for (options in listOf("", "{", "[]", "{\"challenge\": null}")) {
            assertNotNull(options, getFailure(selector.get(getLine(), options)))
        }
        assertDomError(EncodingError(), selector.create(createLine(), null))
        assertTrue(getFailure(selector.get(getLine(), null)) is GetPublicKeyCredentialDomException)
    }

    @Test
    fun `extras that are missing or of another kind are refused`() {
        val line = createLine()
        assertDomError(EncodingError(), selector.choose(line, Intent()))
        assertDomError(EncodingError(), selector.choose(line, selector.createExtras(Bundle())))
        val type = "android.credentials.TYPE_PASSWORD_CREDENTIAL"
        val password = CreateCredentialRequest(browser(), type, Bundle())
        assertDomError(EncodingError(), selector.choose(line, selector.createExtras(password)))
        val number = selector.bundleOf(null, Selector.CREATE).apply { putInt(JSON, 7) }
        val numbered = CreateCredentialRequest(browser(), PUBLIC_KEY, number)
        assertDomError(EncodingError(), selector.choose(line, selector.createExtras(numbered)))

        created(selector.create(line, creationOptions()))
        assertTrue(getFailure(selector.choose(getLine(), Intent())) is GetPublicKeyCredentialDomException)
        val nothingChosen = Intent(application, GetPasskeyActivity::class.java)
            .putExtra(ProviderEntries.EXTRA_OFFERED, android.os.SystemClock.elapsedRealtime())
        val pending = PendingIntent.getActivity(application, 0, nothingChosen, PendingIntent.FLAG_MUTABLE)
        assertTrue(getFailure(selector.get(pending, requestOptions())) is GetPublicKeyCredentialDomException)
    }

    @Test
    fun `extras of a sign-in that are of another kind, or too many, are refused`() {
        created(selector.create(createLine(), creationOptions()))
        val name = CredentialProviderService.EXTRA_GET_CREDENTIAL_REQUEST
        val data = selector.bundleOf(requestOptions(), Selector.GET)
        val option = CredentialOption.Builder(PUBLIC_KEY, data, data).build()
        val password = CredentialOption.Builder("android.credentials.TYPE_PASSWORD_CREDENTIAL", data, data).build()
        val numbered = Bundle(data).apply { putInt(JSON, 7) }
        fun asking(vararg options: CredentialOption) =
            Intent().putExtra(name, GetCredentialRequest(browser(), options.toList()))
        val hostile = listOf(
            Intent().putExtra(name, 7),
            Intent().putExtra(name, Bundle()),
            // As it comes from another process: not yet read, and of a class that is not asked for.
            parceled(Intent().putExtra(name, Bundle())),
            parceled(selector.createExtras(browser(), selector.bundleOf(creationOptions(), Selector.CREATE))),
            asking(password),
            asking(option, option),
            asking(CredentialOption.Builder(PUBLIC_KEY, numbered, numbered).build()),
            selector.getExtras(browser(), Bundle(data).apply { putInt(HASH, 7) }),
            selector.getExtras(browser(), Bundle(data).apply { putByteArray(HASH, ByteArray(31)) }),
            selector.getExtras(browser(), Bundle(data).apply { putString(HASH, "not base64url!") }),
        )
        for (extras in hostile) {
            val failure = getFailure(selector.choose(getLine(), extras))
            assertTrue("${extras.extras}", failure is GetPublicKeyCredentialDomException)
        }
        assertEquals("nothing was signed", null, application.passkeys().single().lastUsed)
        signedIn(selector.choose(getLine(), asking(option, password)))
    }

    @Test
    fun `a line whose own extras are of another kind leads nowhere`() {
        created(selector.create(createLine(), creationOptions()))
        val now = android.os.SystemClock.elapsedRealtime()
        val bent = listOf<Intent.() -> Unit>(
            { putExtra(ProviderEntries.EXTRA_CREDENTIAL_ID, "text") },
            { putExtra(ProviderEntries.EXTRA_CREDENTIAL_ID, intArrayOf(1)) },
            { putExtra(ProviderEntries.EXTRA_CREDENTIAL_ID, ByteArray(32)) },
            { putExtra(ProviderEntries.EXTRA_OFFERED, "$now") },
            { putExtra(ProviderEntries.EXTRA_OFFERED, now + Duration.ofHours(1).toMillis()) },
        )
        for (bend in bent) {
            val intent = Intent(shadowOf(getLine()).savedIntent).apply(bend)
            val pending = PendingIntent.getActivity(application, 0, intent, CANCEL_OLD)
            getFailure(selector.get(pending, requestOptions()))
        }
        assertEquals("nothing was signed", null, application.passkeys().single().lastUsed)
    }

    @Test
    fun `a selector that was left open for long is too late`() {
        val line = createLine()
        ShadowSystemClock.advanceBy(Duration.ofMinutes(10))
        created(selector.create(line, creationOptions()))
        ShadowSystemClock.advanceBy(Duration.ofMillis(1))
        assertTrue(createFailure(selector.create(line, creationOptions())) is CreateCredentialInterruptedException)
        val older = getLine()
        ShadowSystemClock.advanceBy(Duration.ofHours(1))
        assertTrue(getFailure(selector.get(older, requestOptions())) is GetCredentialInterruptedException)
    }

    @Test
    fun `a turned phone does not disturb the ceremony`() {
        val finger = CompletableDeferred<Unit>()
        application.keys = JvmKeys(beforeSign = { finger.await() })
        val controller = selector.start(createLine(), createExtras())
        val activity = controller.get()
        val turned = Configuration(activity.resources.configuration).apply {
            orientation = Configuration.ORIENTATION_LANDSCAPE
            fontScale = 2f
            uiMode = Configuration.UI_MODE_NIGHT_YES
        }
        controller.configurationChange(turned)
        assertSame("not made anew", activity, controller.get())
        finger.complete(Unit)
        created(selector.resultOf(controller))
    }

    @Test
    fun `an activity that Android makes anew reports an interruption`() {
        val line = createLine()
        val intent = Intent(shadowOf(line).savedIntent).apply { fillIn(createExtras(), 0) }
        val anew = Robolectric.buildActivity(CreatePasskeyActivity::class.java, intent).create(Bundle())
        assertTrue(createFailure(selector.resultOf(anew)) is CreateCredentialInterruptedException)
        assertEquals(emptyList<Any>(), application.passkeys())
    }

    @Test
    fun `leaving calls the ceremony off and leaves no key`() {
        val reached = CompletableDeferred<Unit>()
        val keys = JvmKeys(beforeSign = {
            reached.complete(Unit)
            CompletableDeferred<Unit>().await()
        })
        application.keys = keys
        val controller = selector.start(createLine(), createExtras())
        idleUntil { reached.isCompleted }
        assertEquals(1, keys.keys.size)
        controller.get().finish()
        assertTrue(createFailure(selector.resultOf(controller)) is CreateCredentialCancellationException)
        idleUntil { keys.keys.isEmpty() }
        assertEquals(emptyList<Any>(), application.passkeys())
    }

    @Test
    fun `a damaged or newer store stays as it is`() {
        created(selector.create(createLine(), creationOptions()))
        val createLine = createLine()
        val getLine = getLine()
        val file = File(application.noBackupFilesDir, "passkeys")
        val good = file.readBytes()
        val cut = good.copyOf(good.size - 1)
        for (bad in listOf(byteArrayOf(), byteArrayOf(1, 2, 3), cut, newer(good))) {
            file.writeBytes(bad)
            createFailure(selector.create(createLine, creationOptions()))
            getFailure(selector.get(getLine, requestOptions()))
            assertArrayEquals(bad, file.readBytes())
        }
        file.writeBytes(good)
        signedIn(selector.get(getLine, requestOptions()))
    }

    /** The same snapshot, of a version to come: the first member of its map, `{1: version, …}`. */
    private fun newer(snapshot: ByteArray): ByteArray {
        assertEquals("its key", 1, snapshot[1].toInt())
        return snapshot.copyOf().also { it[2] = 23 }
    }

    private fun createExtras() =
        selector.createExtras(browser(), selector.bundleOf(creationOptions(), Selector.CREATE))

    private fun createLine(): PendingIntent {
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        return checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
    }

    private fun getLine(): PendingIntent {
        val entry = selector.beginGet(requestOptions()).required().credentialEntries.first()
        return checkNotNull(PublicKeyCredentialEntry.fromSlice(entry.slice)).pendingIntent
    }

    private fun assertDomError(expected: DomError, result: Intent) {
        val failure = createFailure(result) as CreatePublicKeyCredentialDomException
        assertEquals(expected.type, failure.domError.type)
    }

    private companion object {
        const val CANCEL_OLD = PendingIntent.FLAG_MUTABLE or PendingIntent.FLAG_CANCEL_CURRENT
        const val CONDITIONAL = "androidx.credentials.BUNDLE_KEY_IS_CONDITIONAL_REQUEST"
        const val HASH = "androidx.credentials.BUNDLE_KEY_CLIENT_DATA_HASH"
        const val JSON = "androidx.credentials.BUNDLE_KEY_REQUEST_JSON"
    }
}

/** The registration that [result] holds, read by androidx and again by the names on the wire. */
internal fun created(result: Intent): JSONObject {
    assertNull(createFailureOrNull(result))
    val response = PendingIntentHandler.retrieveCreateCredentialResponse(PUBLIC_KEY, result)
    val json = (response as CreatePublicKeyCredentialResponse).registrationResponseJson
    val raw = result.getParcelableExtra(
        "android.service.credentials.extra.CREATE_CREDENTIAL_RESPONSE",
        android.credentials.CreateCredentialResponse::class.java,
    )
    assertEquals(json, raw?.data?.getString("androidx.credentials.BUNDLE_KEY_REGISTRATION_RESPONSE_JSON"))
    return JSONObject(json)
}

/** The sign-in that [result] holds, read by androidx and again by the names on the wire. */
internal fun signedIn(result: Intent): JSONObject {
    assertNull(getFailureOrNull(result))
    val credential = PendingIntentHandler.retrieveGetCredentialResponse(result)?.credential
    val json = (credential as PublicKeyCredential).authenticationResponseJson
    val raw = result.getParcelableExtra(
        "android.service.credentials.extra.GET_CREDENTIAL_RESPONSE",
        android.credentials.GetCredentialResponse::class.java,
    )?.credential
    assertEquals("androidx.credentials.TYPE_PUBLIC_KEY_CREDENTIAL", raw?.type)
    assertEquals(json, raw?.data?.getString("androidx.credentials.BUNDLE_KEY_AUTHENTICATION_RESPONSE_JSON"))
    return JSONObject(json)
}

internal fun createFailure(result: Intent): CreateCredentialException = checkNotNull(createFailureOrNull(result))

internal fun getFailure(result: Intent): GetCredentialException = checkNotNull(getFailureOrNull(result))

private fun createFailureOrNull(result: Intent) = PendingIntentHandler.retrieveCreateCredentialException(result)

private fun getFailureOrNull(result: Intent) = PendingIntentHandler.retrieveGetCredentialException(result)

internal fun clientData(response: JSONObject) =
    JSONObject(bytes(response.getJSONObject("response").getString("clientDataJSON")).decodeToString())

internal fun ByteArray.holds(slice: ByteArray): Boolean =
    (0..size - slice.size).any { start -> slice.indices.all { this[start + it] == slice[it] } }
