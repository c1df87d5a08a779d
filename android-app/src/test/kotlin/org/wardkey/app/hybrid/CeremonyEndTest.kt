package org.wardkey.app.hybrid

import android.widget.TextView
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestCoroutineScheduler
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.wardkey.app.R
import org.wardkey.app.boundary.CODE
import org.wardkey.app.idleUntil
import org.wardkey.core.HybridEvent
import org.wardkey.core.HybridOutcome

/** The app's driver and core behind their screen, on a clock that the test moves. */
@OptIn(ExperimentalCoroutinesApi::class)
internal class TimedCeremonyActivity : CeremonyActivity() {
    val time = TestCoroutineScheduler()
    val tunnel = FakeTunnel()
    val radio = FakeAdvertiser()

    override fun ceremonyFor(code: String): Ceremony = object : Ceremony {
        private val driver = HybridDriver(tunnel, radio, ::now, StandardTestDispatcher(time))

        override val progress: Flow<List<Progress>> get() = driver.progress

        override suspend fun run(): HybridOutcome =
            (application as HybridTestApplication).wardkey.provider.scan(code, now()).use { phone ->
                driver.run(phone) { error("nobody asked for anything") }
            }

        override fun callOff() = driver.callOff()
    }

    /** Lets everything happen that is due by now, until [event] has. */
    fun runUntil(event: () -> Boolean) = idleUntil {
        time.runCurrent()
        event()
    }

    private fun now(): ULong = time.currentTime.toULong()
}

/** From the core's verdict on a ceremony to the words that a person reads, letter by letter. */
@OptIn(ExperimentalCoroutinesApi::class)
@RunWith(RobolectricTestRunner::class)
@Config(application = HybridTestApplication::class)
internal class CeremonyEndTest {
    private val application = RuntimeEnvironment.getApplication() as HybridTestApplication

    @Before
    fun switchOn() = application.switchBluetoothOn()

    @Test
    fun `a computer that hears no advert for a minute is too far away`() {
        val screen = openCeremony<TimedCeremonyActivity>(CODE).get()
        screen.runUntil { screen.tunnel.isOpen }
        screen.tunnel.said.complete(Unit)
        screen.tunnel.report(HybridEvent.TunnelOpened("0a0b0c"))
        screen.runUntil { screen.radio.onAir != null }
        val step = screen.requireViewById<TextView>(R.id.ceremony_step)
        idleUntil { step.text.toString() == "Telling the computer that this phone is nearby" }
        screen.time.advanceTimeBy(60_000)
        assertFalse("a minute is not over before its end", screen.isFinishing)
        assertNotNull("still on the air", screen.radio.onAir)
        screen.runUntil { screen.isFinishing }
        val result = resultOf(screen)
        assertEquals(
            "The computer is too far away" to
                "Hold the phone beside the computer, check that the computer’s Bluetooth is on, " +
                "then scan a new code.",
            result.words(),
        )
        val where = result.requireViewById<TextView>(R.id.result_step).text.toString()
        assertEquals("Telling the computer that this phone is nearby", where.substringAfter(": "))
        assertNull("nothing is left on the air", screen.radio.onAir)
        assertFalse(screen.tunnel.isOpen)
    }

    @Test
    fun `a tunnel service that does not know the code any more says that it expired`() {
        for (status in listOf(404, 410)) {
            StubTunnel("cable.ua5v.com").use { service ->
                application.tunnels = service.access
                service.answer(status)
                val result = resultOf(openCeremony<CeremonyActivity>(CODE).get())
                assertEquals(
                    "$status",
                    "The code expired" to "Ask for a new code on the computer and scan it straight away.",
                    result.words(),
                )
                val asked = service.asked()
                assertEquals("fido.cable", asked.headers["Sec-WebSocket-Protocol"])
            }
        }
    }

    /** So that the test above means something. */
    @Test
    fun `a tunnel service with another trouble is not called expired`() {
        StubTunnel("cable.ua5v.com").use { service ->
            application.tunnels = service.access
            service.answer(503)
            val result = resultOf(openCeremony<CeremonyActivity>(CODE).get())
            assertEquals("The tunnel service is not working", result.words().first)
        }
    }
}
