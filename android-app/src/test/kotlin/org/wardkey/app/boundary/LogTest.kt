package org.wardkey.app.boundary

import kotlinx.coroutines.runBlocking
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.BeforeClass
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.fakes.Secrets
import org.wardkey.app.words.failure
import org.wardkey.core.Failure
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.HybridOutcome
import org.wardkey.core.KeyFailure
import org.wardkey.core.NativeLog
import org.wardkey.core.PasskeyException
import org.wardkey.core.drainCapturedLog
import java.io.File

/**
 * The log tells what happened and to whom it did not: nothing in it is secret or says who the person is. Nor
 * is anything in the details of a failure, which may be shown, copied and sent on.
 */
internal class LogTest {
    private val world = BoundaryWorld()
    private val secrets = Secrets().apply {
        this["client data hash"] = CLIENT_DATA_HASH
        this["challenge"] = WEB_CHALLENGE
        this["user handle"] = USER_HANDLE
        this["user name"] = USER.encodeToByteArray()
        this["display name"] = "Test clinician".encodeToByteArray()
    }

    @Test
    fun `a passkey made and used`() = runBlocking {
        val keys = JvmKeys()
        secrets.remember("registration", JSONObject(world.register(keys)))
        secrets.remember("sign-in", JSONObject(world.signIn(keys)))
        keys.aliases().forEach { secrets["alias"] = it.encodeToByteArray() }
        val answer = world.provider.answer(MAKE_CREDENTIAL, keys, Person())
        secrets["answer"] = answer.message.takeLast(64).toByteArray()
        secrets["command's hash"] = MAKE_CREDENTIAL.copyOfRange(5, 37)
        val log = drainCapturedLog()
        assertTrue("$log", log.any { "registration: done" in it } && log.any { "sign-in: done" in it })
        assertNoSecret(log)
    }

    @Test
    fun `ceremonies that fail`() = runBlocking {
        val keys = JvmKeys(beforeSign = { throw KeyFailure.LockedOut() })
        val unnamed = creationOptions().replace("\"id\"", "\"no id\"")
        val misplaced = creationOptions().replace("\"$USER\"", "[\"$USER\"]")
        val failures = listOf(
            failureOf<PasskeyException.Hardware> { world.register(keys) }.failure,
            failureOf<PasskeyException.NoCredential> { world.signIn(keys) }.failure,
            failureOf<PasskeyException.NotAllowed> { ask(unnamed, keys) }.failure,
            failureOf<PasskeyException.NotAllowed> { ask(misplaced, keys) }.failure,
            world.provider.answer(byteArrayOf(1) + CLIENT_DATA_HASH, keys, Person()).failure,
            world.provider.answer(MAKE_CREDENTIAL, keys, Person()).failure,
        )
        secrets["command's hash"] = MAKE_CREDENTIAL.copyOfRange(5, 37)
        val log = drainCapturedLog()
        assertTrue("$log", log.any { "LockedOut" in it })
        assertNoSecret(log)
        assertSafeToShow(failures)
    }

    @Test
    fun `a code that is scanned`() {
        secrets["code"] = CODE.substringAfter("/").encodeToByteArray()
        secrets["code's secret"] = hex("1b5936068f9e5309117dff29cc54e6a0")
        secrets["tunnel id"] = hex("899db90748615b6bb0220722aa752aec")
        world.provider.scan(CODE, 0u).use { phone ->
            val connect = phone.step(1u, HybridEvent.Started).orders.filterIsInstance<HybridOrder.Connect>()
            secrets["address"] = connect.single().url.substringAfter("//").encodeToByteArray()
            val opened = phone.step(2u, HybridEvent.TunnelOpened("c49c24"))
            val advert = opened.orders.filterIsInstance<HybridOrder.Advertise>().single()
            secrets["advert"] = advert.serviceData
            val end = phone.step(3u, HybridEvent.TunnelMessage(ByteArray(81) { 4 })).orders.last()
            assertSafeToShow(listOf(((end as HybridOrder.Finished).outcome as HybridOutcome.Failed).failure))
        }
        val damaged = CODE.dropLast(1)
        assertSafeToShow(listOf(failureOf<PasskeyException> { world.provider.scan(damaged, 0u) }.failure))
        assertNoSecret(drainCapturedLog())
    }

    /** The search itself, on lines that leak each secret in each form. */
    @Test
    fun `a leak would be found`() {
        for ((name, secret) in secrets.entries) for (form in Secrets.forms(secret)) {
            val log = listOf("INFO wardkey: harmless", "INFO wardkey: <$form>")
            assertEquals(form, listOf(name), secrets.leaks(log))
        }
    }

    @Test
    fun `there are five levels`() {
        failureOf<RuntimeException> { NativeLog.init(6) }
        assertTrue("started before", !NativeLog.init(TRACE))
    }

    private fun assertNoSecret(log: List<String>) =
        assertEquals("$log", emptyList<String>(), secrets.leaks(log))

    private suspend fun ask(options: String, keys: JvmKeys) =
        world.provider.create(wanted(options), browser(), keys, Person())

    /** Each of [failures] is there, and tells something that is no secret. */
    private fun assertSafeToShow(failures: List<Failure?>) {
        val details = failures.map { checkNotNull(it) { "it did not fail" }.detail }
        assertTrue("$details", details.none { it.isBlank() })
        assertNoSecret(details)
    }

    companion object {
        @JvmStatic
        @BeforeClass
        fun start() = startLog()
    }
}

/** The most talkative level. */
internal const val TRACE = 5

/** Has the core keep what it logs, and drops what came before. */
internal fun startLog() {
    // Beside JNA, which loads the same library in a way that JNI cannot see.
    System.load(File(System.getProperty("jna.library.path"), "libwardkey_core.so").canonicalPath)
    NativeLog.init(TRACE)
    drainCapturedLog()
}

/** Of a real Chromium, with what follows from it, in fixtures/hybrid/chromium-create.json. */
internal const val CODE =
    "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490593751931" +
        "5297622583607841352031038441100860073986107900979148190501225628418109321447142404"
