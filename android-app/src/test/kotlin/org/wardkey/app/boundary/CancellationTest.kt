package org.wardkey.app.boundary

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertSame
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.core.PasskeyException
import org.wardkey.core.StorageFailure
import org.wardkey.core.uniffiForeignFutureHandleCount

/** Whoever cancels a ceremony, wherever it stands, leaves nothing behind and nobody in the way. */
internal class CancellationTest {
    /** Stops the ceremony at one of its steps, until it is cancelled. */
    private class Stop(private val at: String) {
        val reached = CompletableDeferred<Unit>()

        suspend fun pass(step: String) {
            if (step != at || reached.isCompleted) return
            reached.complete(Unit)
            awaitCancellation()
        }
    }

    /** A core whose ceremonies come to a halt at [stop]. */
    private class Halting(val stop: Stop) {
        val keys = JvmKeys(beforeGenerate = { stop.pass("generate") }, beforeSign = { stop.pass("sign") })
        val person = Person(stop::pass)
        val world = BoundaryWorld(links = Links { stop.pass("fetch") })
    }

    @Test
    fun `making a passkey`() {
        for (step in listOf("fetch", "consent", "generate", "sign")) {
            val halting = Halting(Stop(step))
            cancel(halting) { world.register(keys, person, caller = app()) }
            assertEquals("$step left a key", emptyList<String>(), halting.keys.aliases())
            assertEquals("$step wrote", 0, runBlocking { halting.world.provider.passkeys() }.size)
            runBlocking { halting.world.register(halting.keys) }
            assertEquals(1, runBlocking { halting.world.provider.passkeys() }.size)
        }
    }

    @Test
    fun `signing in`() {
        for (step in listOf("fetch", "consent", "sign")) {
            val halting = Halting(Stop(step))
            val willing = JvmKeys()
            runBlocking { halting.world.register(willing) }
            halting.keys.keys += willing.keys
            assertNothingChanges(halting, step) { world.signIn(keys, person, caller = app()) }
        }
    }

    @Test
    fun `choosing an account`() {
        val halting = Halting(Stop("choose"))
        for (n in 1..2) {
            val options = creationOptions("clinician-$n@example.org", byteArrayOf(n.toByte()))
            runBlocking { halting.world.provider.create(wanted(options), browser(), halting.keys, Person()) }
        }
        assertNothingChanges(halting, "choose") { world.signIn(keys, person) }
    }

    @Test
    fun `hearing that there is a passkey already`() {
        val halting = Halting(Stop("inform"))
        runBlocking { halting.world.register(halting.keys) }
        val passkey = runBlocking { halting.world.provider.passkeys() }.single()
        val known = base64url(passkey.credentialId)
        val exclusion = """"excludeCredentials": [{"type": "public-key", "id": "$known"}], "challenge""""
        val options = creationOptions().replace("\"challenge\"", exclusion)
        assertNothingChanges(halting, "inform") { world.provider.create(wanted(options), browser(), keys, person) }
    }

    @Test
    fun `answering another device`() {
        for (step in listOf("consent", "generate", "sign")) {
            val halting = Halting(Stop(step))
            cancel(halting) { world.provider.answer(MAKE_CREDENTIAL, keys, person) }
            assertEquals("$step left a key", emptyList<String>(), halting.keys.aliases())
            assertEquals("$step wrote", 0, runBlocking { halting.world.provider.passkeys() }.size)
            val answer = runBlocking {
                halting.world.provider.answer(MAKE_CREDENTIAL, halting.keys, halting.person)
            }
            assertEquals("success", 0, answer.message.first().toInt())
        }
    }

    /** A write cannot be taken back: it runs to its end, and whoever asks next goes by how it ended. */
    @Test
    fun `while a passkey is being saved`() = runBlocking {
        for (fails in listOf(false, true)) {
            val (reached, released) = List(2) { CompletableDeferred<Unit>() }
            val (world, keys) = BoundaryWorld() to JvmKeys()
            // The first ceremony of a new phone saves that its list is empty.
            failureOf<PasskeyException.NoCredential> { runBlocking { world.signIn(keys) } }
            world.storage.beforeReplace = {
                reached.complete(Unit)
                released.await()
                if (fails) throw StorageFailure.Failed("the disk is full")
            }
            val ceremony = launch(Dispatchers.Default) { world.register(keys) }
            reached.await()
            ceremony.cancelAndJoin()
            assertEquals("whose it is will be seen", 1, keys.aliases().size)
            val asked = async(start = CoroutineStart.UNDISPATCHED) { world.provider.passkeys() }
            released.complete(Unit)
            assertEquals(if (fails) 0 else 1, asked.await().size)
            assertEquals("Kotlin's half has let go", 0, uniffiForeignFutureHandleCount())
            world.storage.beforeReplace = {}
            if (fails) {
                failureOf<PasskeyException.NoCredential> { runBlocking { world.signIn(keys) } }
                assertEquals("nobody's", emptyList<String>(), keys.aliases())
            } else {
                world.signIn(keys)
            }
        }
    }

    private fun assertNothingChanges(halting: Halting, step: String, ceremony: suspend Halting.() -> Unit) {
        val (aliases, snapshot) = halting.keys.aliases() to halting.world.storage.snapshot
        cancel(halting, ceremony)
        assertEquals(step, aliases, halting.keys.aliases())
        assertSame("$step wrote", snapshot, halting.world.storage.snapshot)
        runBlocking { halting.world.signIn(halting.keys) }
    }

    /** Runs [ceremony] until it halts, cancels it, and sees that Kotlin's half has let go by then. */
    private fun cancel(halting: Halting, ceremony: suspend Halting.() -> Unit) = runBlocking {
        val running = launch(Dispatchers.Default) { halting.ceremony() }
        halting.stop.reached.await()
        running.cancelAndJoin()
        assertEquals(0, uniffiForeignFutureHandleCount())
    }
}

/** As Chromium 156 sent it: command byte, then the request. From fixtures/hybrid/chromium-create.json. */
internal val MAKE_CREDENTIAL = hex(
    "01a5015820a63565b9620b36a8e90b6060e1fa9665b30921ac94f6dd3fe227720e9d23a2ad02a2626964696c6f63616c68" +
        "6f7374646e616d6562727003a362696443010203646e616d656975406578616d706c656b646973706c61794e616d65" +
        "61550482a263616c672664747970656a7075626c69632d6b6579a263616c6739010064747970656a7075626c69632d6b" +
        "657907a262726bf5627576f5",
)
