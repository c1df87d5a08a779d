package org.wardkey.app.screens.preflight

import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.screens.unmanaged
import org.wardkey.core.Biometrics
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.Check
import org.wardkey.core.KeyHardware
import org.wardkey.core.PhoneClock
import org.wardkey.core.PhoneState
import org.wardkey.core.PlayServices
import org.wardkey.core.Power
import org.wardkey.core.ProviderState
import org.wardkey.core.TunnelReach
import org.wardkey.core.Verdict

/** What the phone says reaches the core, and what the core asks for is found out. */
@RunWith(RobolectricTestRunner::class)
internal class PreflightTest {
    private val probes = FakeProbes()
    private val preflight = Preflight(probes)

    @Test
    fun `each fact reaches the core as what it is`() {
        val changes = mapOf<PhoneState, FakeProbes.() -> Unit>(
            PhoneState.SCREEN_LOCK_MISSING to { screenLock = false },
            PhoneState.BIOMETRICS_PIN to { biometrics = Biometrics.NONE_ENROLLED },
            PhoneState.TRUSTED_ENVIRONMENT to { hardware = KeyHardware.TRUSTED_ENVIRONMENT },
            PhoneState.PROVIDER_DISABLED to { provider = ProviderState.DISABLED },
            PhoneState.PLAY_SERVICES_MISSING to { playServices = PlayServices.MISSING },
            PhoneState.CAMERA_DENIED to { camera = CameraAccess.DENIED },
            PhoneState.BLUETOOTH_OFF to { bluetooth = BluetoothState.OFF },
            PhoneState.NEARBY_DENIED to { mayAdvertise = false },
            PhoneState.TUNNEL_BLOCKED to { tunnel = TunnelReach.BLOCKED },
            PhoneState.POWER_SAVER to { power = Power(true, null, false) },
            PhoneState.CLOCK_WRONG to { clock = PhoneClock(true, -301) },
        )
        val well = examined(FakeProbes())
        assertEquals(Check.entries, well.map { it.check })
        assertTrue(well.all { it.verdict == Verdict.PASS })
        for ((expected, change) in changes) {
            val changed = examined(FakeProbes().apply(change)) - well.toSet()
            assertEquals(listOf(expected), changed.map { it.state })
        }
        assertEquals(Check.entries.size, changes.size)
    }

    @Test
    fun `the tunnel service in force is asked, and only if there is time for it`() {
        val configuration = unmanaged.copy(tunnelDomain = "tunnel.example.org")
        assertTrue(preflight.examineAtOnce(configuration).findings.none { it.check == Check.TUNNEL })
        assertEquals(emptyList<String>(), probes.domains)
        runBlocking { preflight.examine(configuration) }
        assertEquals(listOf("tunnel.example.org"), probes.domains)
    }

    @Test
    fun `a tunnel service that nobody may use is not asked`() {
        runBlocking { preflight.examine(unmanaged.copy(scanner = false)) }
        assertEquals(emptyList<String>(), probes.domains)
    }

    private fun examined(probes: FakeProbes) = runBlocking { Preflight(probes).examine(unmanaged) }.findings
}
