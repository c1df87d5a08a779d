package org.wardkey.app.boundary

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.measured
import org.wardkey.app.median
import org.wardkey.core.BeginGet
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeySpec
import org.wardkey.core.PasskeyProvider
import org.wardkey.core.SigningPrompt
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/**
 * What the boundary costs. Numbers for the README go to target/measured.txt; the bounds here are many times
 * what is measured, so that they hold on a busy machine and fail when something becomes slow in kind.
 */
internal class CostTest {
    private val world = BoundaryWorld()

    /** Android shows its selector only when every provider has answered. */
    @Test
    fun `the first question about a sign-in is answered at once`() = runBlocking {
        val keys = Timed(JvmKeys())
        repeat(PASSKEYS) { n -> world.provider.create(wanted(optionsFor(n)), browser(), keys, Person()) }
        val found = beginGet() as BeginGet.Passkeys
        assertEquals(PASSKEYS, found.passkeys.size)
        val one = median { measureTime { beginGet() } }
        measured("begin-get with $PASSKEYS passkeys of the site", one)
        assertTrue("$one", one < 50.milliseconds)
        val create = median { measureTime { world.provider.beginCreate(wanted(creationOptions()), null, PROTECTED) } }
        measured("begin-create with $PASSKEYS passkeys on the phone", create)
        assertTrue("$create", create < 50.milliseconds)
    }

    private suspend fun beginGet() =
        world.provider.beginGet(requestOptions(), null, "https://$RP_ID", PROTECTED)

    /** All but the hardware, the person and the network. */
    @Test
    fun `a ceremony costs little beside its hardware`() = runBlocking {
        val keys = Timed(JvmKeys())
        world.register(keys)
        val signIn = median { overhead(keys) { world.signIn(keys) } }
        measured("sign-in: Kotlin, boundary and core, without hardware", signIn)
        assertTrue("$signIn", signIn < 250.milliseconds)
        var n = 0
        val register = median {
            overhead(keys) { world.provider.create(wanted(optionsFor(++n)), browser(), keys, Person()) }
        }
        measured("registration: Kotlin, boundary and core, without hardware", register)
        assertTrue("$register", register < 250.milliseconds)
    }

    /** In a process of its own, since this one has long begun. */
    @Test
    fun `the core is there soon after the process`() {
        val times = List(3) { coldStart() }.sorted()
        measured("first answer of the core in a new process", times[1])
        assertTrue("$times", times[1] < 10.seconds)
    }

    private fun coldStart(): Duration {
        val java = ProcessHandle.current().info().command().orElseThrow()
        val properties = listOf("jna.library.path", "jna.nosys").map { "-D$it=${System.getProperty(it)}" }
        val classes = System.getProperty("java.class.path")
        val program = listOf("-XX:TieredStopAtLevel=1", "-cp", classes, ColdStart::class.java.name)
        val process = ProcessBuilder(listOf(java) + properties + program)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start()
        val output = process.inputStream.bufferedReader().readText()
        assertTrue("it ends", process.waitFor(1, TimeUnit.MINUTES))
        assertEquals(output, 0, process.exitValue())
        return output.trim().toLong().nanoseconds
    }

    private inline fun overhead(keys: Timed, work: () -> Unit): Duration {
        keys.spent = Duration.ZERO
        return measureTime(work) - keys.spent
    }

    private fun optionsFor(n: Int) =
        creationOptions("clinician-$n@example.org", "user $n".encodeToByteArray())

    /** Knows how long the hardware took. */
    private class Timed(private val inner: HardwareKeys) : HardwareKeys by inner {
        @Volatile
        var spent = Duration.ZERO

        override suspend fun generate(spec: KeySpec): List<ByteArray> = timed { inner.generate(spec) }

        override suspend fun sign(alias: String, message: ByteArray, prompt: SigningPrompt): ByteArray =
            timed { inner.sign(alias, message, prompt) }

        private inline fun <T> timed(work: () -> T): T {
            val begun = System.nanoTime()
            return work().also { spent += (System.nanoTime() - begun).nanoseconds }
        }
    }

    private companion object {
        const val PASSKEYS = 50
    }
}

/** A process that loads the core, asks it one thing, and tells how many nanoseconds that took. */
internal object ColdStart {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val time = measureTime {
            PasskeyProvider(MemoryStorage(), Links(), """{"apps": []}""", false).use {
                runBlocking { it.passkeys() }
            }
        }
        println(time.inWholeNanoseconds)
    }
}
