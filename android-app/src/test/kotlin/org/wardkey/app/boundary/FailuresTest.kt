package org.wardkey.app.boundary

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.words.failure
import org.wardkey.core.AndroidCaller
import org.wardkey.core.FetchException
import org.wardkey.core.KeyFailure
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.PasskeyException
import org.wardkey.core.PasskeyProvider
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.StorageFailure
import org.wardkey.core.UserFailure
import kotlin.reflect.KClass

/** Every way to fail arrives as the exception that Kotlin treats it by, with the step and the reason. */
internal class FailuresTest {
    private val world = BoundaryWorld()

    @Test
    fun `of the hardware, while a key is made`() {
        for ((failure, expected) in keyFailures) {
            val keys = JvmKeys(beforeGenerate = { throw failure })
            assertEquals("$failure", expected, told { world.register(keys) })
            assertNothingMade(keys)
        }
    }

    @Test
    fun `of the hardware, while a new key signs`() {
        for ((failure, expected) in keyFailures) {
            val keys = JvmKeys(beforeSign = { throw failure })
            assertEquals("$failure", expected, told { world.register(keys) })
            assertNothingMade(keys)
        }
    }

    @Test
    fun `of the hardware, at a sign-in`() {
        var failure: KeyFailure? = null
        val keys = JvmKeys(beforeSign = { failure?.let { throw it } })
        runBlocking { world.register(keys) }
        for ((next, expected) in keyFailures) {
            if (next is KeyFailure.Invalidated) continue
            failure = next
            assertEquals("$next", expected, told { world.signIn(keys) })
            assertEquals("the passkey stays", 1, keys.aliases().size)
        }
        failure = null
        runBlocking { world.signIn(keys) }
    }

    @Test
    fun `of the person`() {
        val failures = mapOf(
            UserFailure.Declined() to Reason.DECLINED,
            UserFailure.TimedOut() to Reason.TIMED_OUT,
            UserFailure.Cancelled() to Reason.CANCELLED,
            // Whatever went wrong with the screen, nobody has agreed.
            UserFailure.Unexpected("no screen") to Reason.CANCELLED,
        )
        for ((failure, reason) in failures) {
            val keys = JvmKeys()
            // What the person did not do themselves may go better when it is asked for again.
            val isTheirs = reason != Reason.CANCELLED
            val kind = if (isTheirs) PasskeyException.Cancelled::class else PasskeyException.Interrupted::class
            val expected = Told(kind, Step.USER, reason)
            assertEquals(expected, told { world.register(keys, Person { throw failure }) })
            assertNothingMade(keys)
        }
    }

    @Test
    fun `of the storage`() {
        val keys = JvmKeys()
        val failed = Told(PasskeyException.Internal::class, Step.STORAGE, Reason.STORAGE_FAILED)
        world.storage.beforeReplace = { throw StorageFailure.Failed("the disk is full") }
        assertEquals(failed, told { world.register(keys) })
        assertNothingMade(keys)
        world.storage.beforeLoad = { throw StorageFailure.Failed("no such disk") }
        assertEquals(failed, told { world.register(keys) })
        assertEquals(failed, told { world.provider.passkeys() })
        world.storage.beforeLoad = {}
        world.storage.snapshot = ByteArray(100) { 0x5a }
        val damaged = failed.copy(reason = Reason.STORAGE_DAMAGED)
        assertEquals(damaged, told { world.provider.passkeys() })
        assertEquals(damaged, told { world.register(keys) })
    }

    @Test
    fun `of the site of an app`() {
        val links = Links { throw FetchException.Failed("the network is down") }
        val failed = Told(PasskeyException.Network::class, Step.CALLER, Reason.SITE_UNREACHABLE)
        val keys = JvmKeys()
        assertEquals(failed, told { BoundaryWorld(links = links).register(keys, caller = app()) })
        assertNothingMade(keys)
    }

    @Test
    fun `of the caller and the request`() {
        val untrusted = Told(PasskeyException.NotAllowed::class, Step.CALLER, Reason.UNTRUSTED_CALLER)
        val stranger = AndroidCaller("org.example.other", listOf(ByteArray(32)), null, "https://$RP_ID", null)
        assertEquals(untrusted, told { world.register(caller = stranger) })
        val forged = browser().copy(signers = listOf(ByteArray(32)))
        assertEquals(untrusted, told { world.register(caller = forged) })
        assertEquals(untrusted, told { world.register(caller = browser().copy(signers = emptyList())) })
        assertEquals(untrusted, told { world.register(caller = browser(ByteArray(31))) })
        val request = Told(PasskeyException.NotAllowed::class, Step.REQUEST, Reason.INVALID_REQUEST)
        assertEquals(request, told { world.provider.beginCreate(wanted("{}"), null, PROTECTED) })
        assertEquals(request, told { world.provider.beginGet("[]", null, null, PROTECTED) })
    }

    @Test
    fun `of what the account has or has not`() {
        val keys = JvmKeys()
        val none = Told(PasskeyException.NoCredential::class, Step.USER, Reason.NO_PASSKEY)
        assertEquals(none, told { world.signIn(keys) })
        runBlocking { world.register(keys) }
        val known = base64url(runBlocking { world.provider.passkeys() }.single().credentialId)
        val exclusion = """"excludeCredentials": [{"type": "public-key", "id": "$known"}], "challenge""""
        val options = creationOptions().replace("\"challenge\"", exclusion)
        val failure = failureOf<PasskeyException.Excluded> {
            runBlocking { world.provider.create(wanted(options), browser(), keys, Person()) }
        }.also(::assertTold).failure
        assertEquals(Reason.ALREADY_REGISTERED, failure.reason)
        assertEquals("what browsers wait for", "INVALID_STATE", failure.domError.name)
    }

    @Test
    fun `of the organization's policy`() {
        val others = ManagedEntry("allowed_relying_parties", ManagedValue.Text("example.net"))
        assertEquals(emptyList<String>(), world.provider.configure(listOf(others)).problems)
        val site = Told(PasskeyException.NotAllowed::class, Step.REQUEST, Reason.SITE_NOT_ALLOWED)
        assertEquals(site, told { world.register() })
        assertEquals(site, told { world.signIn(JvmKeys()) })
        val command = runBlocking { world.provider.answer(MAKE_CREDENTIAL, JvmKeys(), Person()) }
        assertEquals(Reason.SITE_NOT_ALLOWED, command.failure?.reason)
        assertEquals(site, told { world.provider.beginCreate(wanted(creationOptions()), null, PROTECTED) })
        val scanner = ManagedEntry("routes", ManagedValue.Texts(listOf("scanner")))
        world.provider.configure(listOf(scanner))
        val route = Told(PasskeyException.NotAllowed::class, Step.REQUEST, Reason.ROUTE_NOT_ALLOWED)
        assertEquals(route, told { world.register() })
        assertEquals(route, told { world.provider.beginCreate(wanted(creationOptions()), null, PROTECTED) })
        assertEquals(route, told { world.provider.beginGet(requestOptions(), "org.example.browser", null, PROTECTED) })
    }

    @Test
    fun `of a scanned code`() {
        val unknown = Told(PasskeyException.NotAllowed::class, Step.CODE, Reason.NOT_A_CODE)
        assertEquals(unknown, told { world.provider.scan("https://example.org/", 0u) })
        val damaged = unknown.copy(reason = Reason.DAMAGED_CODE)
        assertEquals(damaged, told { world.provider.scan("FIDO:/12x", 0u) })
    }

    @Test
    fun `of two ceremonies at once`() = runBlocking {
        val (reached, goOn) = List(2) { CompletableDeferred<Unit>() }
        val slow = JvmKeys(beforeSign = {
            reached.complete(Unit)
            goOn.await()
        })
        val first = async(Dispatchers.Default) { world.register(slow) }
        reached.await()
        val busy = Told(PasskeyException.Internal::class, Step.REQUEST, Reason.BUSY)
        assertEquals(busy, told { world.register() })
        goOn.complete(Unit)
        assertTrue(first.await().isNotEmpty())
    }

    @Test
    fun `of what nobody declared`() {
        val thrown = IllegalStateException("not declared")
        val key = Told(PasskeyException.Hardware::class, Step.KEY, Reason.KEY_STORE_FAILED)
        assertEquals(key, told { world.register(JvmKeys(beforeGenerate = { throw thrown })) })
        val user = Told(PasskeyException.Interrupted::class, Step.USER, Reason.CANCELLED)
        assertEquals(user, told { world.register(person = Person { throw thrown }) })
        world.storage.beforeLoad = { throw thrown }
        val storage = Told(PasskeyException.Internal::class, Step.STORAGE, Reason.STORAGE_FAILED)
        assertEquals(storage, told { world.register() })
    }

    @Test
    fun `of a release that is asked to be an emulator's, or given no list`() {
        val expected = Told(PasskeyException.Internal::class, Step.REQUEST, Reason.UNEXPECTED)
        val forEmulators = { PasskeyProvider(MemoryStorage(), Links(), """{"apps": []}""", true) }
        val isDebugBuild = System.getProperty("wardkey.debug").toBoolean()
        if (isDebugBuild) forEmulators().close() else assertEquals(expected, told { forEmulators() })
        assertEquals(expected, told { PasskeyProvider(MemoryStorage(), Links(), "no list", false) })
    }

    private data class Told(val kind: KClass<out PasskeyException>, val step: Step, val reason: Reason)

    private val keyFailures = mapOf(
        KeyFailure.Invalidated() to
            Told(PasskeyException.NoCredential::class, Step.KEY, Reason.KEY_INVALIDATED),
        KeyFailure.NotAuthenticated() to hardware(Reason.NOT_VERIFIED),
        KeyFailure.AttestationUnavailable() to hardware(Reason.ATTESTATION_UNAVAILABLE),
        KeyFailure.AttestationKeysNotProvisioned() to hardware(Reason.NOT_PROVISIONED),
        KeyFailure.DeviceLocked() to hardware(Reason.DEVICE_LOCKED),
        KeyFailure.NoScreenLock() to hardware(Reason.NO_SCREEN_LOCK),
        KeyFailure.NotFound() to hardware(Reason.KEY_STORE_FAILED),
        KeyFailure.Full() to hardware(Reason.KEY_STORE_FULL),
        KeyFailure.Platform("what") to hardware(Reason.KEY_STORE_FAILED),
        KeyFailure.VerificationFailed() to hardware(Reason.NOT_VERIFIED, Step.USER),
        KeyFailure.LockedOut() to hardware(Reason.LOCKED_OUT, Step.USER),
        KeyFailure.Cancelled() to Told(PasskeyException.Cancelled::class, Step.USER, Reason.DECLINED),
        KeyFailure.TimedOut() to Told(PasskeyException.Cancelled::class, Step.USER, Reason.TIMED_OUT),
    )

    private fun hardware(reason: Reason, step: Step = Step.KEY) =
        Told(PasskeyException.Hardware::class, step, reason)

    private fun told(work: suspend () -> Unit): Told {
        val thrown = failureOf<PasskeyException> { runBlocking { work() } }
        assertTold(thrown)
        return Told(thrown::class, thrown.failure.step, thrown.failure.reason)
    }

    /** Whether the person has yet to be told, and what whoever asked may be told besides. */
    private fun assertTold(thrown: PasskeyException) {
        val isKnown = when (thrown) {
            is PasskeyException.Cancelled, is PasskeyException.Interrupted -> true
            is PasskeyException.Excluded, is PasskeyException.NoCredential -> true
            else -> false
        }
        assertEquals("$thrown", isKnown, thrown.failure.silent)
        val isTheirs = thrown.failure.step == Step.CALLER || thrown.failure.step == Step.REQUEST
        assertEquals("$thrown", thrown.failure.detail.takeIf { isTheirs }, thrown.failure.forCaller)
    }

    private fun assertNothingMade(keys: JvmKeys) {
        assertTrue(keys.aliases().isEmpty())
        assertTrue(runBlocking { world.provider.passkeys() }.isEmpty())
    }
}
