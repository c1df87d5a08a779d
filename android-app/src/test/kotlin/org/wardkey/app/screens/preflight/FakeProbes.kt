package org.wardkey.app.screens.preflight

import org.wardkey.core.Biometrics
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.KeyHardware
import org.wardkey.core.KeyProtection
import org.wardkey.core.PhoneClock
import org.wardkey.core.PhoneFacts
import org.wardkey.core.PlayServices
import org.wardkey.core.Power
import org.wardkey.core.ProviderState
import org.wardkey.core.TunnelReach

/** A phone in perfect order, until a test breaks something. */
internal class FakeProbes : Probes {
    var screenLock = true
    var biometrics = Biometrics.READY
    var hardware = KeyHardware.STRONG_BOX
    var provider = ProviderState.ENABLED
    var playServices = PlayServices.PRESENT
    var camera = CameraAccess.ALLOWED
    var bluetooth = BluetoothState.ON
    var mayAdvertise = true
    var power = Power(saver = false, percent = 80u, charging = false)
    var clock = PhoneClock(automatic = true, error = null)
    var tunnel = TunnelReach.REACHED

    /** The domains that were asked for. */
    val domains = mutableListOf<String>()

    override fun facts() = PhoneFacts(
        KeyProtection(screenLock, biometrics, hardware),
        provider,
        playServices,
        camera,
        bluetooth,
        mayAdvertise,
        power,
        clock,
    )

    override suspend fun tunnel(domain: String): TunnelReach {
        domains += domain
        return tunnel
    }
}
