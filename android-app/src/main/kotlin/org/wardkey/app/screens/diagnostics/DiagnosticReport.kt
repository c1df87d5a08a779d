package org.wardkey.app.screens.diagnostics

import org.wardkey.app.screens.CoreFacts
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Finding
import org.wardkey.core.Passkey
import org.wardkey.core.Reason

/**
 * What support may know of a phone.
 *
 * @property app name and version of the app, and its variant
 * @property android version and security patch level
 * @property device maker and model
 * @property core its version and known answers, or why the core could not give any
 * @property passkeys those on the phone, or why they could not be read
 */
internal class DiagnosticFacts(
    val app: String,
    val android: String,
    val device: String,
    val core: Result<CoreFacts>,
    val configuration: ConfigurationReport?,
    val findings: List<Finding>,
    val passkeys: Passkeys,
    val failures: List<LoggedFailure>,
)

/** The list of passkeys, as far as it can be read. */
internal sealed interface Passkeys {
    class Listed(val passkeys: List<Passkey>) : Passkeys

    class Unreadable(val reason: Reason) : Passkeys
}

/**
 * The text of the diagnostics: English, because support reads it. Passkeys are counted, never named; a failure
 * is a step and a reason, without the detail that may name a site. Nothing in it lets anybody in anywhere.
 */
internal fun DiagnosticFacts.report(): String = listOf(
    section("Wardkey", listOf("App: $app", "Android: $android", "Device: $device")),
    section("Core", coreLines()),
    section("Preflight", findingLines()),
    section("Managed configuration", configuration?.let(::configurationLines) ?: listOf("not read")),
    section("Passkeys", passkeyLines()),
    section("Last failures", failureLines()),
).joinToString("\n\n")

private fun section(title: String, lines: List<String>) = (listOf("# $title") + lines).joinToString("\n")

private fun DiagnosticFacts.coreLines(): List<String> = core.fold(
    onSuccess = { core ->
        listOf("Version: ${core.version}") +
            core.answers.map { "${it.name}: " + if (it.passed) "known answer" else "WRONG ANSWER" }
    },
    onFailure = { listOf("does not run: ${it.javaClass.simpleName}") },
)

private fun DiagnosticFacts.findingLines(): List<String> =
    findings.map { "${words(it.check)}: ${it.verdict}, ${words(it.state)}" }.ifEmpty { listOf("not done") }

private fun DiagnosticFacts.failureLines(): List<String> =
    failures.map { "${it.time} ${words(it.step)}: ${words(it.reason)}" }.ifEmpty { listOf("none") }

private fun DiagnosticFacts.passkeyLines(): List<String> = when (val passkeys = passkeys) {
    is Passkeys.Listed -> listOf(
        "On this phone: ${passkeys.passkeys.size}",
        "In the secure element: ${passkeys.passkeys.count { it.strongBox }}",
        "Invalidated: ${passkeys.passkeys.count { it.invalidated }}",
    )
    is Passkeys.Unreadable -> listOf("cannot be read: ${words(passkeys.reason)}")
}

private fun configurationLines(report: ConfigurationReport): List<String> = listOf(
    "Sites: ${report.allowedRelyingParties?.joinToString()?.ifEmpty { "none" } ?: "all"}",
    "StrongBox required: ${yesOrNo(report.strongBoxRequired)}",
    "PIN allowed: ${yesOrNo(report.pinAllowed)}",
    "Tunnel service: ${report.tunnelDomain}",
    "Route this phone: ${yesOrNo(report.thisPhone)}",
    "Route Play services: ${yesOrNo(report.playServices)}",
    "Route scanner: ${yesOrNo(report.scanner)}",
    "Support contact: ${report.supportContact ?: "not set"}",
) + report.problems.map { "Problem: $it" }

/** A constant as words, which break into lines where a long name would not. */
private fun words(constant: Enum<*>) = constant.name.lowercase().replace('_', ' ')

private fun yesOrNo(value: Boolean) = if (value) "yes" else "no"
