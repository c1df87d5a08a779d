package org.wardkey.app.boundary

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.core.AndroidCaller
import org.wardkey.core.CtapAnswer
import org.wardkey.core.GetRequest
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.PasskeyException
import org.wardkey.core.uniffiForeignFutureHandleCount
import org.wardkey.core.wellFormed
import java.nio.charset.CharacterCodingException
import java.util.Random

/**
 * Whatever is sent across the boundary, what comes back is an answer or a [PasskeyException], and afterwards
 * the core works as before. The seed is fixed, so that a failure comes again; the message names the input.
 *
 * The numbers are Java's: Kotlin's look for the version of Android, which there is only under Robolectric.
 */
internal class HostileInputTest {
    private val random = Random(SEED)
    private val world = BoundaryWorld()
    private val keys = JvmKeys()

    @Test
    fun `options that are not what they should be`() = runBlocking {
        val counts = Outcomes()
        repeat(ROUNDS) {
            val creation = mutated(creationOptions(handle = bytes(8)))
            val request = mutated(requestOptions())
            counts.of(creation) { world.provider.beginCreate(wanted(creation), null, PROTECTED) }
            counts.of(request) { world.provider.beginGet(request, null, "https://$RP_ID", PROTECTED) }
            counts.of(creation) { world.provider.create(wanted(creation), caller(), keys, Person()) }
            counts.of(request) { world.provider.get(GetRequest(request, bytes(5)), caller(), keys, Person()) }
        }
        counts.assertBoth()
        assertSound()
    }

    @Test
    fun `structures that are too large or too deep`() = runBlocking {
        val counts = Outcomes()
        val huge = listOf(
            "[".repeat(100_000),
            "{\"a\":".repeat(50_000),
            "\"" + "x".repeat(2_000_000),
            creationOptions(user = "x".repeat(1_000_000)),
            creationOptions(handle = ByteArray(100_000)),
            requestOptions().replace("{", """{"allowCredentials": [${"{},".repeat(20_000)}{}],"""),
            "\u0000", "", "null", "1e999999", "\"\\ud800\"",
        )
        for (text in huge) {
            counts.of(text) { world.provider.beginCreate(wanted(text), text, PROTECTED) }
            counts.of(text) { world.provider.beginGet(text, text, text, PROTECTED) }
            counts.of(text) { world.provider.create(wanted(text), browser(), keys, Person()) }
            counts.of(text) { world.provider.get(GetRequest(text), browser(), keys, Person()) }
            counts.of(text) { world.provider.scan("FIDO:/$text", 0u).close() }
        }
        assertSound()
    }

    @Test
    fun `commands from another device`() = runBlocking {
        repeat(ROUNDS) {
            val command = mutated(MAKE_CREDENTIAL)
            val answer = world.provider.answer(command, keys, Person())
            val status = answer.message.first().toInt()
            assertEquals(command.toList().toString(), status == 0, answer.failure == null)
            if (status != 0) assertEquals("nothing but the status", 1, answer.message.size)
        }
        assertTrue(world.provider.answer(byteArrayOf(), keys, Person()).message.isNotEmpty())
        assertSound()
    }

    @Test
    fun `events of a tunnel in any order`() {
        repeat(ROUNDS) {
            world.provider.scan(CODE, 0u).use { phone ->
                val events = List(1 + random.nextInt(11)) { event() }
                val orders = events.flatMap { phone.step(random.nextInt(100_000).toULong(), it).orders }
                val ends = orders.count { it is HybridOrder.Finished }
                assertTrue("$events", ends <= 1)
                assertTrue("$events", orders.takeLast(1).all { ends == 0 || it is HybridOrder.Finished })
            }
        }
    }

    @Test
    fun `codes that were misread`() = runBlocking {
        val counts = Outcomes()
        repeat(ROUNDS) {
            val code = mutated(CODE)
            counts.of(code) { world.provider.scan(code, random.nextLong().toULong()).close() }
        }
        counts.assertBoth()
    }

    /** The generated code lets these out as what they are, hence [wellFormed] before it. */
    @Test
    fun `text that is no Unicode`() {
        val broken = "FIDO:/\ud800"
        failureOf<CharacterCodingException> { world.provider.scan(broken, 0u) }
        assertEquals("FIDO:/?", broken.wellFormed())
        assertEquals("é\ud83d\ude00", "é\ud83d\ude00".wellFormed())
        failureOf<PasskeyException> { world.provider.scan(broken.wellFormed(), 0u) }
    }

    @Test
    fun `managed configuration of any kind`() {
        val names = listOf("allowed_relying_parties", "strongbox_required", "routes", "tunnel_domain")
        repeat(ROUNDS) {
            val entries = List(random.nextInt(6)) { ManagedEntry(mutated(names.anyOne()), value()) }
            world.provider.configure(entries)
        }
    }

    private fun event(): HybridEvent = when (random.nextInt(8)) {
        0 -> HybridEvent.Started
        1 -> HybridEvent.TunnelOpened(listOf(null, "c49c24", "zz", "x".repeat(10_000)).anyOne())
        2 -> HybridEvent.TunnelMessage(bytes(random.nextInt(200)))
        3 -> HybridEvent.TunnelClosed
        4 -> HybridEvent.Answered(CtapAnswer(bytes(random.nextInt(40)), failure = null))
        5 -> HybridEvent.TimedOut
        6 -> HybridEvent.Cancelled
        else -> HybridEvent.TunnelText
    }

    private fun value(): ManagedValue = when (random.nextInt(4)) {
        0 -> ManagedValue.Flag(random.nextBoolean())
        1 -> ManagedValue.Text(mutated("tunnel.example.org"))
        2 -> ManagedValue.Texts(List(random.nextInt(4)) { mutated(RP_ID) })
        else -> ManagedValue.Other
    }

    /** Mostly the browser, or somebody who only looks like it. */
    private fun caller(): AndroidCaller = when (random.nextInt(8)) {
        0 -> browser(bytes(random.nextInt(40)))
        1 -> browser().copy(signers = List(random.nextInt(3)) { bytes(random.nextInt(40)) })
        2 -> browser().copy(origin = mutated("https://$RP_ID"))
        3 -> app()
        else -> browser()
    }

    /** Once in a while untouched. */
    private fun mutated(text: String): String {
        var result = text
        repeat(random.nextInt(4)) { result = damage(result) }
        return result.wellFormed()
    }

    private fun bytes(size: Int) = ByteArray(size).also(random::nextBytes)

    private fun <T> List<T>.anyOne(): T = this[random.nextInt(size)]

    private fun damage(text: String): String {
        val at = random.nextInt(text.length + 1)
        val end = minOf(text.length, at + random.nextInt(20))
        return when (random.nextInt(6)) {
            0 -> text.removeRange(at, end)
            1 -> text.substring(0, at)
            2 -> text.substring(0, at) + STRANGE.anyOne() + text.substring(at)
            3 -> text.substring(0, end) + text.substring(at)
            4 -> text.replaceRange(at, end, JUNK.anyOne())
            else -> text.replaceFirst(Regex("\"[^\"]*\"(?=[,}\\]])"), JUNK.anyOne())
        }
    }

    private fun mutated(bytes: ByteArray): ByteArray {
        val cut = random.nextInt(4) == 0
        val result = bytes.copyOf(if (cut) 1 + random.nextInt(bytes.size - 1) else bytes.size)
        repeat(random.nextInt(4)) { result[random.nextInt(result.size)] = random.nextInt().toByte() }
        return result
    }

    /** As many keys as passkeys, nobody busy, nothing held on to. */
    private suspend fun assertSound() {
        assertEquals(world.provider.passkeys().size, keys.aliases().size)
        assertEquals(0, uniffiForeignFutureHandleCount())
        world.register(keys)
        world.signIn(keys)
    }

    private class Outcomes {
        private var answered = 0
        private var refused = 0

        @Suppress("TooGenericExceptionCaught")
        suspend fun of(input: String, work: suspend () -> Unit) {
            try {
                work()
                answered += 1
            } catch (_: PasskeyException) {
                refused += 1
            } catch (other: Throwable) {
                throw AssertionError("not an exception of the boundary, for: ${input.take(2000)}", other)
            }
        }

        /** Or the inputs were all good, or all bad beyond recognition. */
        fun assertBoth() = assertTrue("$answered answered, $refused refused", answered > 20 && refused > 20)
    }

    private companion object {
        const val SEED = 20_261_121L
        const val ROUNDS = 300
        val STRANGE = listOf("\u0000", "\"", "\\", "{", "]", ",", "é", "\u202e", "\ud83d\ude00", "\ud800")
        val JUNK = listOf("null", "true", "-1", "1e400", "[]", "{}", "\"\"", "\"AAAA\"", "[[[[]]]]")
    }
}
