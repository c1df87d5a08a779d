package org.wardkey.app.screens.preflight

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.screens.unmanaged
import org.wardkey.core.ConfigurationReport
import java.time.Duration

/** Each state of a phone, and what is said about it. */
internal class PreflightTest {
    private val strict = unmanaged.copy(pinAllowed = false, strongBoxRequired = true)

    @Test
    fun `a phone in order passes every check, in order`() {
        val findings = examine {}
        assertEquals(Check.entries, findings.map { it.check })
        assertEquals(setOf(Verdict.PASS), findings.map { it.verdict }.toSet())
        assertEquals(Verdict.PASS, findings.verdict())
    }

    @Test
    fun `every finding comes from a state of the phone`() {
        val reached = states.map { (expected, state) ->
            val findings = examine(state.configuration, state.arrange)
            assertTrue("$expected not in $findings", expected in findings)
            // What is wrong with one thing is not said of another.
            val others = findings - examine(state.configuration) {}.toSet() - expected
            assertEquals("$expected", emptyList<Finding>(), others)
            expected
        }
        assertEquals(Finding.entries.toSet(), reached.toSet())
    }

    @Test
    fun `whatever must be fixed can be fixed, or needs another phone`() {
        val hopeless = setOf(
            Finding.BIOMETRICS_UNUSABLE,
            Finding.HARDWARE_TOO_WEAK,
            Finding.BLUETOOTH_NO_ADVERTS,
            Finding.BLUETOOTH_MISSING,
        )
        val unfixable = Finding.entries.filter { it.verdict == Verdict.FAIL && it.fix == null }
        assertEquals(hopeless, unfixable.toSet())
        val needless = Finding.entries.filter { it.verdict == Verdict.PASS && it.fix != null }
        assertEquals(emptyList<Finding>(), needless)
    }

    @Test
    fun `the worst finding names the phone`() {
        assertEquals(Verdict.WARN, examine { camera = Camera.DENIED }.verdict())
        val worse = examine {
            camera = Camera.DENIED
            bluetooth = Bluetooth.OFF
        }
        assertEquals(Verdict.FAIL, worse.verdict())
        assertEquals(Verdict.PASS, emptyList<Finding>().verdict())
    }

    @Test
    fun `20 percent is enough, and so is a charger`() {
        assertEquals(Finding.POWER_GOOD, power(Power(false, 20, false)))
        assertEquals(Finding.POWER_LOW, power(Power(false, 19, false)))
        assertEquals(Finding.POWER_GOOD, power(Power(false, 1, true)))
        assertEquals(Finding.POWER_GOOD, power(Power(false, null, false)))
        assertEquals(Finding.POWER_SAVER, power(Power(true, 100, true)))
    }

    @Test
    fun `a clock may be five minutes off, either way`() {
        for (sign in listOf(1L, -1L)) {
            assertEquals(Finding.CLOCK_AUTOMATIC, clock(Clock(true, Duration.ofSeconds(300 * sign))))
            assertEquals(Finding.CLOCK_WRONG, clock(Clock(true, Duration.ofSeconds(301 * sign))))
            assertEquals(Finding.CLOCK_WRONG, clock(Clock(false, Duration.ofDays(sign))))
        }
    }

    @Test
    fun `what the organization has switched off is not asked for`() {
        val own = unmanaged.copy(playServices = false, scanner = false)
        val without = examine(own) {}.map { it.check }
        val computers = listOf(
            Check.PLAY_SERVICES, Check.CAMERA, Check.BLUETOOTH, Check.NEARBY, Check.TUNNEL, Check.POWER,
        )
        assertEquals(Check.entries - computers, without)
        val scannerOnly = unmanaged.copy(thisPhone = false, playServices = false)
        assertEquals(
            Check.entries - listOf(Check.PROVIDER, Check.PLAY_SERVICES),
            examine(scannerOnly) {}.map { it.check },
        )
    }

    @Test
    fun `the tunnel service in force is asked, and only if there is time for it`() {
        val probes = FakeProbes()
        val configuration = unmanaged.copy(tunnelDomain = "tunnel.example.org")
        assertTrue(Preflight(probes).examinePhone(configuration).none { it.check == Check.TUNNEL })
        assertEquals(emptyList<String>(), probes.domains)
        runBlocking { Preflight(probes).examine(configuration) }
        assertEquals(listOf("tunnel.example.org"), probes.domains)
    }

    private class State(val configuration: ConfigurationReport, val arrange: FakeProbes.() -> Unit)

    private fun state(configuration: ConfigurationReport = unmanaged, arrange: FakeProbes.() -> Unit = {}) =
        State(configuration, arrange)

    private val states = listOf(
        Finding.SCREEN_LOCK_SET to state(),
        Finding.SCREEN_LOCK_MISSING to state { screenLock = false },
        Finding.BIOMETRICS_READY to state(strict),
        Finding.BIOMETRICS_PIN to state { biometrics = Biometrics.NONE_ENROLLED },
        Finding.BIOMETRICS_PIN to state { biometrics = Biometrics.NO_HARDWARE },
        Finding.BIOMETRICS_MISSING to state(strict) { biometrics = Biometrics.NONE_ENROLLED },
        Finding.BIOMETRICS_UNUSABLE to state(strict) { biometrics = Biometrics.NO_HARDWARE },
        Finding.BIOMETRICS_UPDATE to state { biometrics = Biometrics.UPDATE_REQUIRED },
        Finding.BIOMETRICS_BUSY to state { biometrics = Biometrics.BUSY },
        Finding.STRONG_BOX to state(strict),
        Finding.TRUSTED_ENVIRONMENT to state { hardware = Hardware.TRUSTED_ENVIRONMENT },
        Finding.HARDWARE_TOO_WEAK to state(strict) { hardware = Hardware.TRUSTED_ENVIRONMENT },
        Finding.HARDWARE_TOO_WEAK to state(strict) { hardware = Hardware.UNKNOWN },
        Finding.HARDWARE_UNKNOWN to state { hardware = Hardware.UNKNOWN },
        Finding.PROVIDER_ENABLED to state(),
        Finding.PROVIDER_DISABLED to state { provider = Provider.DISABLED },
        Finding.PROVIDER_UNSUPPORTED to state { provider = Provider.UNSUPPORTED },
        Finding.PROVIDER_UNKNOWN to state { provider = Provider.UNKNOWN },
        Finding.PLAY_SERVICES_PRESENT to state(),
        Finding.PLAY_SERVICES_DISABLED to state { playServices = PlayServices.DISABLED },
        Finding.PLAY_SERVICES_MISSING to state { playServices = PlayServices.MISSING },
        Finding.CAMERA_ALLOWED to state(),
        Finding.CAMERA_DENIED to state { camera = Camera.DENIED },
        Finding.CAMERA_MISSING to state { camera = Camera.MISSING },
        Finding.BLUETOOTH_ON to state(),
        Finding.BLUETOOTH_OFF to state { bluetooth = Bluetooth.OFF },
        Finding.BLUETOOTH_NO_ADVERTS to state { bluetooth = Bluetooth.NO_ADVERTS },
        Finding.BLUETOOTH_MISSING to state { bluetooth = Bluetooth.MISSING },
        Finding.NEARBY_ALLOWED to state(),
        Finding.NEARBY_DENIED to state { mayAdvertise = false },
        Finding.TUNNEL_REACHED to state(),
        Finding.TUNNEL_OFFLINE to state { tunnel = TunnelReach.OFFLINE },
        Finding.TUNNEL_BLOCKED to state { tunnel = TunnelReach.BLOCKED },
        Finding.TUNNEL_INTERCEPTED to state { tunnel = TunnelReach.INTERCEPTED },
        Finding.POWER_GOOD to state(),
        Finding.POWER_LOW to state { power = Power(false, 5, false) },
        Finding.POWER_SAVER to state { power = Power(true, 50, false) },
        Finding.CLOCK_AUTOMATIC to state(),
        Finding.CLOCK_BY_HAND to state { clock = Clock(false, null) },
        Finding.CLOCK_WRONG to state { clock = Clock(false, Duration.ofHours(1)) },
    )

    private fun power(power: Power) = examine { this.power = power }.single { it.check == Check.POWER }

    private fun clock(clock: Clock) = examine { this.clock = clock }.single { it.check == Check.CLOCK }

    private fun examine(
        configuration: ConfigurationReport = unmanaged,
        arrange: FakeProbes.() -> Unit,
    ): List<Finding> = runBlocking { Preflight(FakeProbes().apply(arrange)).examine(configuration) }
}
