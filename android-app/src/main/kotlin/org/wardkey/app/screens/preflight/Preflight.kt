package org.wardkey.app.screens.preflight

import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Readiness
import org.wardkey.core.examinePhone

/** Asks the [probes] what the core wants to know; what the answers mean, the core says. */
internal class Preflight(private val probes: Probes) {
    /** The whole examination. Takes as long as the tunnel service may take. */
    suspend fun examine(configuration: ConfigurationReport): Readiness {
        val facts = probes.facts()
        val readiness = examinePhone(configuration, facts)
        val domain = readiness.tunnelToReach ?: return readiness
        return examinePhone(configuration, facts.copy(tunnel = probes.tunnel(domain)))
    }

    /** What needs no network, and so no time. */
    fun examineAtOnce(configuration: ConfigurationReport): Readiness =
        examinePhone(configuration, probes.facts())
}
