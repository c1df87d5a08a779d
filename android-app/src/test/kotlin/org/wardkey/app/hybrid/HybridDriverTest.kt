package org.wardkey.app.hybrid

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.core.CtapAnswer
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOrder
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Radio
import org.wardkey.core.Reason
import org.wardkey.core.Step

/**
 * The driver does what the core orders, tells it what happens, and leaves nothing behind. Time is virtual.
 */
@OptIn(ExperimentalCoroutinesApi::class)
internal class HybridDriverTest {
    private val tunnel = FakeTunnel()
    private val radio = FakeAdvertiser()
    private val connect = HybridOrder.Connect("wss://example.org/secret", "fido.cable", "wss://example.org")
    private val advertise = HybridOrder.Advertise(ByteArray(20) { 7 })
    private val declined = Failure(Step.USER, Reason.DECLINED, "no", DomError.NOT_ALLOWED)
    private val cut = Failure(Step.ANSWER, Reason.CONNECTION_CUT, "cut", DomError.NOT_ALLOWED)

    private val failed = HybridOutcome.Failed(cut)
    private val done = HybridOutcome.Registered("1234 5678 9012")

    private fun TestScope.driver() =
        HybridDriver(tunnel, radio, { currentTime.toULong() }, StandardTestDispatcher(testScheduler))

    private fun answering(status: Byte, failure: Failure? = null) =
        Authenticator { CtapAnswer(byteArrayOf(status), failure) }

    private val nobody = Authenticator { error("nobody asked") }

    @Test
    fun `does what it is told, in order`() = runTest {
        val phone = ScriptedPhone { event ->
            when (event) {
                is HybridEvent.Started -> turn(HybridOrder.Show(Step.TUNNEL), connect, deadline = 20_000u)
                is HybridEvent.TunnelOpened ->
                    turn(HybridOrder.Show(Step.NEARBY), advertise, deadline = 30_000u)
                is HybridEvent.TunnelMessage -> turn(
                    HybridOrder.StopAdvertising,
                    HybridOrder.Send(byteArrayOf(1, 2)),
                    HybridOrder.Answer(byteArrayOf(1, 0)),
                    deadline = 60_000u,
                )
                is HybridEvent.Answered -> turn(HybridOrder.Close, HybridOrder.Finished(done))
                else -> turn()
            }
        }
        val driver = driver()
        val outcome = async { driver.run(phone, answering(0)) }
        runCurrent()
        assertTrue(tunnel.isOpen)
        tunnel.report(HybridEvent.TunnelOpened("0a0b0c"))
        runCurrent()
        assertArrayEquals(ByteArray(20) { 7 }, radio.onAir)
        tunnel.report(HybridEvent.TunnelMessage(byteArrayOf(9)))
        runCurrent()
        assertNull(radio.onAir)
        assertArrayEquals(byteArrayOf(1, 2), tunnel.sent.single())
        tunnel.said.complete(Unit)
        assertEquals(done, outcome.await())
        assertEquals(listOf(Step.TUNNEL, Step.NEARBY), driver.progress.value.map { it.step })
        assertFalse(tunnel.isOpen)
    }

    @Test
    fun `says at the deadline that it has come, and not before`() = runTest {
        val phone = ScriptedPhone { event ->
            val isOver = event is HybridEvent.TimedOut
            if (isOver) turn(HybridOrder.Finished(failed)) else turn(connect, deadline = 20_000u)
        }
        val outcome = driver().run(phone, nobody)
        assertEquals(failed, outcome)
        assertEquals(listOf(0uL to HybridEvent.Started, 20_000uL to HybridEvent.TimedOut), phone.heard)
    }

    @Test
    fun `a deadline in the past is now`() = runTest {
        testScheduler.advanceTimeBy(5_000)
        val phone = ScriptedPhone { event ->
            if (event is HybridEvent.TimedOut) turn(HybridOrder.Finished(failed)) else turn(deadline = 1u)
        }
        driver().run(phone, nobody)
        assertEquals(5_000L, currentTime)
    }

    @Test
    fun `a radio that fails is reported`() = runTest {
        val phone = ScriptedPhone { event ->
            if (event is HybridEvent.RadioFailed) turn(HybridOrder.Finished(failed)) else turn(advertise)
        }
        val outcome = async { driver().run(phone, nobody) }
        runCurrent()
        radio.failed(Radio.OFF)
        outcome.await()
        assertEquals(HybridEvent.RadioFailed(Radio.OFF), phone.events.last())
        assertNull(radio.onAir)
    }

    @Test
    fun `a person who calls it off is heard`() = runTest {
        val phone = ScriptedPhone { event ->
            if (event is HybridEvent.Cancelled) turn(HybridOrder.Finished(failed)) else turn(connect)
        }
        val driver = driver()
        val outcome = async { driver.run(phone, nobody) }
        runCurrent()
        driver.callOff()
        outcome.await()
        assertEquals(listOf(HybridEvent.Started, HybridEvent.Cancelled), phone.events)
    }

    @Test
    fun `a command nobody waits for is cancelled`() = runTest {
        val asked = CompletableDeferred<Unit>()
        val dropped = CompletableDeferred<Unit>()
        val phone = ScriptedPhone { event ->
            when (event) {
                is HybridEvent.Started -> turn(connect, HybridOrder.Answer(byteArrayOf(1)))
                else -> turn(HybridOrder.CancelAnswer, HybridOrder.Finished(failed))
            }
        }
        val outcome = async {
            driver().run(phone) {
                asked.complete(Unit)
                try {
                    awaitCancellation()
                } finally {
                    dropped.complete(Unit)
                }
            }
        }
        asked.await()
        tunnel.report(HybridEvent.TunnelClosed)
        assertEquals(failed, outcome.await())
        assertTrue(dropped.isCompleted)
    }

    @Test
    fun `the core hears all of an answer, and says what became of it`() = runTest {
        val phone = ScriptedPhone { event ->
            when (event) {
                is HybridEvent.Started -> turn(HybridOrder.Answer(byteArrayOf(2)))
                else -> turn(HybridOrder.Finished(failed))
            }
        }
        assertEquals(failed, driver().run(phone, answering(0x27, declined)))
        val heard = (phone.events.last() as HybridEvent.Answered).answer
        assertArrayEquals(byteArrayOf(0x27), heard.message)
        assertEquals(declined, heard.failure)
    }

    @Test
    fun `a provider that throws is answered for, and named without its message`() = runTest {
        val phone = ScriptedPhone { event ->
            when (event) {
                is HybridEvent.Started -> turn(HybridOrder.Answer(byteArrayOf(1)))
                else -> turn(HybridOrder.Finished(done))
            }
        }
        driver().run(phone) { throw IllegalStateException("secret") }
        val heard = (phone.events.last() as HybridEvent.Answered).answer
        assertArrayEquals(byteArrayOf(0x7f), heard.message)
        val failure = checkNotNull(heard.failure)
        assertEquals(Reason.UNEXPECTED, failure.reason)
        assertFalse(failure.detail, "secret" in failure.detail)
    }

    @Test
    fun `a core that throws ends the ceremony with nothing left`() = runTest {
        val phone = ScriptedPhone { event ->
            check(event is HybridEvent.Started) { "secret" }
            turn(HybridOrder.Show(Step.NEARBY), connect, advertise)
        }
        val outcome = async { driver().run(phone, nobody) }
        runCurrent()
        tunnel.report(HybridEvent.TunnelText)
        val failure = (outcome.await() as HybridOutcome.Failed).failure
        assertEquals(Step.NEARBY to Reason.UNEXPECTED, failure.step to failure.reason)
        assertFalse(failure.detail, "secret" in failure.detail)
        assertNull(radio.onAir)
        assertFalse(tunnel.isOpen)
    }

    @Test
    fun `a cancelled ceremony leaves nothing, wherever it stood`() = runTest {
        val orders = listOf(connect, advertise, HybridOrder.Answer(byteArrayOf(1)), HybridOrder.Close)
        for (count in 0..orders.size) {
            val phone = ScriptedPhone { turn(*orders.take(count).toTypedArray(), deadline = 60_000u) }
            val ceremony = launch { driver().run(phone) { awaitCancellation() } }
            runCurrent()
            ceremony.cancelAndJoin()
            assertNull("after $count orders", radio.onAir)
            assertFalse("after $count orders", tunnel.isOpen)
        }
    }

    @Test
    fun `a service that never says goodbye is left`() = runTest {
        val phone = ScriptedPhone { event ->
            when (event) {
                is HybridEvent.Started -> turn(connect, HybridOrder.Answer(byteArrayOf(2)))
                else -> turn(HybridOrder.Close, HybridOrder.Finished(done))
            }
        }
        assertEquals(done, driver().run(phone, answering(0)))
        assertFalse(tunnel.isOpen)
        assertTrue("waited $currentTime ms", currentTime in 1_000..5_000)
    }
}
