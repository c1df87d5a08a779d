package org.wardkey.app.screens.preflight

import org.wardkey.core.PhoneFacts
import org.wardkey.core.TunnelReach

/** What the phone can be asked about itself, each time anew: the user changes settings in between. */
internal interface Probes {
    /** Everything that takes no time to find out. */
    fun facts(): PhoneFacts

    /** Tries to reach a tunnel service by its host name, for a few seconds. */
    suspend fun tunnel(domain: String): TunnelReach
}
