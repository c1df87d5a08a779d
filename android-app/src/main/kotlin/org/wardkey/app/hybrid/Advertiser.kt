package org.wardkey.app.hybrid

import org.wardkey.core.Radio

/** The radio that proves this phone is near the other device. */
internal interface Advertiser {
    /**
     * Puts [serviceData] (20 bytes) on the air as service data of 0xFFF9 (CTAP 2.2 §11.5), in place of what
     * was there before.
     *
     * Throws nothing: that it could not start, or stopped on its own, is told to [failed], on any thread.
     */
    fun advertise(serviceData: ByteArray, failed: (Radio) -> Unit)

    /** Takes the advert off the air; does nothing if there is none. Throws nothing. */
    fun stop()
}
