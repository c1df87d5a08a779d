package org.wardkey.app.screens.preflight

import kotlinx.coroutines.runBlocking
import org.wardkey.app.screens.unmanaged
import org.wardkey.core.Biometrics
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Finding
import org.wardkey.core.KeyHardware
import org.wardkey.core.PhoneClock
import org.wardkey.core.PhoneState
import org.wardkey.core.PlayServices
import org.wardkey.core.Power
import org.wardkey.core.ProviderState
import org.wardkey.core.Readiness
import org.wardkey.core.TunnelReach
import org.wardkey.core.Verdict

private val strict = unmanaged.copy(pinAllowed = false, strongBoxRequired = true)

/** Every finding there is, in order, from phones that the core has examined. */
internal fun everyFinding(): Readiness {
    val found = phones.flatMap { (configuration, break_) ->
        val probes = FakeProbes().apply(break_)
        runBlocking { Preflight(probes).examine(configuration) }.findings
    }
    val findings = found.distinct().sortedBy { it.state }
    check(findings.map(Finding::state) == PhoneState.entries) { "some state is never found" }
    return Readiness(Verdict.FAIL, findings, tunnelToReach = null)
}

private val phones = listOf<Pair<ConfigurationReport, FakeProbes.() -> Unit>>(
    unmanaged to { },
    unmanaged to {
        screenLock = false
        biometrics = Biometrics.NONE_ENROLLED
        hardware = KeyHardware.TRUSTED_ENVIRONMENT
        provider = ProviderState.DISABLED
        playServices = PlayServices.DISABLED
        camera = CameraAccess.DENIED
        bluetooth = BluetoothState.OFF
        mayAdvertise = false
        tunnel = TunnelReach.OFFLINE
        power = Power(saver = false, percent = 5u, charging = false)
        clock = PhoneClock(automatic = false, error = null)
    },
    unmanaged to {
        biometrics = Biometrics.UPDATE_REQUIRED
        hardware = KeyHardware.UNKNOWN
        provider = ProviderState.UNSUPPORTED
        playServices = PlayServices.MISSING
        camera = CameraAccess.MISSING
        bluetooth = BluetoothState.NO_ADVERTS
        tunnel = TunnelReach.BLOCKED
        power = Power(saver = true, percent = 50u, charging = false)
        clock = PhoneClock(automatic = false, error = 3_600)
    },
    unmanaged to {
        biometrics = Biometrics.BUSY
        provider = ProviderState.UNKNOWN
        bluetooth = BluetoothState.MISSING
        tunnel = TunnelReach.INTERCEPTED
    },
    strict to {
        biometrics = Biometrics.NONE_ENROLLED
        hardware = KeyHardware.TRUSTED_ENVIRONMENT
    },
    strict to { biometrics = Biometrics.NO_HARDWARE },
)
