package org.wardkey.app.screens.preflight

/** A phone in perfect order, until a test breaks something. */
internal class FakeProbes : Probes {
    var screenLock = true
    var biometrics = Biometrics.READY
    var hardware = Hardware.STRONG_BOX
    var provider = Provider.ENABLED
    var playServices = PlayServices.PRESENT
    var camera = Camera.ALLOWED
    var bluetooth = Bluetooth.ON
    var mayAdvertise = true
    var power = Power(saver = false, percent = 80, charging = false)
    var clock = Clock(automatic = true, error = null)
    var tunnel = TunnelReach.REACHED

    /** The domains that were asked for. */
    val domains = mutableListOf<String>()

    override fun hasScreenLock() = screenLock

    override fun biometrics() = biometrics

    override fun hardware() = hardware

    override fun provider() = provider

    override fun playServices() = playServices

    override fun camera() = camera

    override fun bluetooth() = bluetooth

    override fun mayAdvertise() = mayAdvertise

    override fun power() = power

    override fun clock() = clock

    override suspend fun tunnel(domain: String): TunnelReach {
        domains += domain
        return tunnel
    }
}
