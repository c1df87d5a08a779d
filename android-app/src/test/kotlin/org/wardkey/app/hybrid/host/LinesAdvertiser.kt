package org.wardkey.app.hybrid.host

import org.wardkey.app.hybrid.Advertiser
import org.wardkey.core.Radio

/** A radio of text lines on standard output, as the project's host programs have it. */
@OptIn(ExperimentalStdlibApi::class)
internal object LinesAdvertiser : Advertiser {
    private var onAir = false

    @Synchronized
    override fun advertise(serviceData: ByteArray, failed: (Radio) -> Unit) {
        stop()
        onAir = true
        say("ADVERT ${serviceData.toHexString()}")
    }

    @Synchronized
    override fun stop() {
        if (!onAir) return
        onAir = false
        say("STOP")
    }

    private fun say(line: String) {
        println(line)
        System.out.flush()
    }
}
