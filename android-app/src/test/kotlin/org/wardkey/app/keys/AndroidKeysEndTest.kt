package org.wardkey.app.keys

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart.UNDISPATCHED
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.fakes.FakeAndroidKeyStore
import org.wardkey.core.KeyFailure
import java.util.concurrent.Executor
import kotlin.time.Duration.Companion.milliseconds

/** Nobody waits for ever, and nobody leaves a key behind, whenever they leave. */
@OptIn(ExperimentalCoroutinesApi::class)
@RunWith(RobolectricTestRunner::class)
internal class AndroidKeysEndTest {
    private val hardware = FakeAndroidKeyStore.install()
    private val person = FakePerson(hardware)

    /** The hardware's thread: does what is waiting for it when it is told to. */
    private val waiting = ArrayDeque<Runnable>()
    private val slow =
        AndroidKeys(person, { waiting.addLast(it) }, AndroidKeys.Patience(upkeep = 10.milliseconds))
    private val immediate = AndroidKeys(person, Executor(Runnable::run))

    @After
    fun remove() = FakeAndroidKeyStore.uninstall()

    /** The hardware catches up. */
    private fun catchUp() {
        while (waiting.isNotEmpty()) waiting.removeFirst().run()
    }

    @Test
    fun `a key is not made for somebody who has left`() = runTest {
        val making = launch(start = UNDISPATCHED) { slow.generate(keySpec()) }
        making.cancelAndJoin()
        waiting.removeFirst().run()
        assertTrue(hardware.asked.isEmpty())
    }

    @Test
    fun `a key is deleted if they left while it was made`() = runTest {
        val making = launch(start = UNDISPATCHED) { slow.generate(keySpec()) }
        val attest = hardware.attest
        hardware.attest = { pair, spec ->
            making.cancel()
            attest(pair, spec)
        }
        waiting.removeFirst().run()
        making.join()
        assertEquals("it was made", 1, hardware.asked.size)
        catchUp()
        assertTrue(hardware.keys.isEmpty())
    }

    @Test
    fun `a key is deleted if they left before they could take it`() = runTest {
        val making = launch(start = UNDISPATCHED) { slow.generate(keySpec()) }
        waiting.removeFirst().run()
        assertEquals(1, hardware.keys.size)
        making.cancelAndJoin()
        catchUp()
        assertTrue(hardware.keys.isEmpty())
    }

    @Test
    fun `hardware that hangs is a failure, and its late key does not stay`() = runTest {
        val making = async(start = UNDISPATCHED) { failureOf { slow.generate(keySpec()) } }
        val attest = hardware.attest
        hardware.attest = { pair, spec ->
            // While the hardware was busy, all of patience went by.
            testScheduler.advanceUntilIdle()
            attest(pair, spec)
        }
        waiting.removeFirst().run()
        val failure = making.await()
        assertTrue("$failure", (failure as KeyFailure.Platform).detail.contains("did not answer"))
        catchUp()
        assertTrue(hardware.keys.isEmpty())
    }

    @Test
    fun `hardware that hangs when it is to list or delete is a failure, and a late deletion one`() = runTest {
        immediate.generate(keySpec())
        for (call in listOf({ slow.aliases() }, { slow.delete(ALIAS) })) {
            val failure = failureOf { call() }
            assertTrue("$failure", (failure as KeyFailure.Platform).detail.endsWith("did not answer in 10ms"))
        }
        assertEquals(setOf(ALIAS), hardware.keys.keys)
        catchUp()
        assertTrue(hardware.keys.isEmpty())
    }

    @Test
    fun `who leaves is not held up by hardware that hangs`() = runTest {
        val making = launch(start = UNDISPATCHED) { slow.generate(keySpec()) }
        waiting.removeFirst().run()
        hardware.failNext(FakeAndroidKeyStore.Step.DELETE, AssertionError("asked by whoever left"))
        making.cancelAndJoin()
        assertEquals("not yet deleted", setOf(ALIAS), hardware.keys.keys)
        assertTrue("but it will be", waiting.isNotEmpty())
    }

    @Test
    fun `a prompt that nobody answers ends`() = runTest {
        immediate.generate(keySpec())
        person.before = { awaitCancellation() }
        val failure = failureOf { immediate.sign(ALIAS, byteArrayOf(1), signingPrompt()) }
        assertTrue("$failure", failure is KeyFailure.TimedOut)
    }

    @Test
    fun `who leaves takes the prompt away`() = runTest {
        immediate.generate(keySpec())
        var end: Throwable? = null
        person.before = {
            try {
                awaitCancellation()
            } catch (cancelled: CancellationException) {
                end = cancelled
                throw cancelled
            }
        }
        val signing = launch { immediate.sign(ALIAS, byteArrayOf(1), signingPrompt()) }
        runCurrent()
        signing.cancelAndJoin()
        assertTrue("$end", end is CancellationException)
        assertEquals("the passkey's key stays", setOf(ALIAS), hardware.keys.keys)
    }

    @Test
    fun `a prompt whose own screen went away is a refusal, not silence`() = runTest {
        immediate.generate(keySpec())
        person.before = { throw CancellationException("the screen is gone") }
        val failure = failureOf { immediate.sign(ALIAS, byteArrayOf(1), signingPrompt()) }
        assertTrue("$failure", failure is KeyFailure.Cancelled)
    }
}
