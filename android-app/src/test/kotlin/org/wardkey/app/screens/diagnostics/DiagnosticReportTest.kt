package org.wardkey.app.screens.diagnostics

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.screens.CoreFacts
import org.wardkey.app.screens.passkey
import org.wardkey.app.screens.unmanaged
import org.wardkey.core.Check
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Finding
import org.wardkey.core.Fix
import org.wardkey.core.KnownAnswer
import org.wardkey.core.Passkey
import org.wardkey.core.PhoneState
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Verdict
import java.time.Instant

internal class DiagnosticReportTest {
    @Test
    fun `says what support needs`() {
        val report = facts().report()
        val expected = """
            # Wardkey
            App: org.wardkey.app 0.1.0 (1), RELEASE
            Android: 14 (API 34), patches of 2026-10-05
            Device: Example Phone 1

            # Core
            Version: 0.1.0
            SHA-256: known answer
            AES-256-GCM: WRONG ANSWER

            # Preflight
            bluetooth: FAIL, bluetooth off
            clock: PASS, clock automatic

            # Managed configuration
            Sites: all
            StrongBox required: no
            PIN allowed: yes
            Tunnel service: cable.ua5v.com
            Route this phone: yes
            Route Play services: yes
            Route scanner: yes
            Support contact: not set

            # Passkeys
            On this phone: 2
            In the secure element: 1
            Invalidated: 1

            # Last failures
            1970-01-01T00:00:07Z tunnel: network blocked
        """.trimIndent()
        assertEquals(expected, report)
    }

    @Test
    fun `names no account, site or credential of a passkey`() {
        val passkeys = listOf(
            passkey().copy(
                credentialId = "credential-id".toByteArray(),
                rpId = "secret-site.example.org",
                rpName = "secret-site-name",
                userName = "secret-account@example.org",
                displayName = "secret-person",
            ),
        )
        val report = facts(passkeys = Passkeys.Listed(passkeys)).report()
        val bytes = "credential-id".toByteArray()
        val secrets = listOf(
            "secret", "credential-id", bytes.joinToString("") { "%02x".format(it) }, bytes.contentToString(),
            java.util.Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
            passkeys.first().created.toString(), passkeys.first().lastUsed.toString(),
            checkNotNull(passkeys.first().witness), checkNotNull(passkeys.first().witness).replace(" ", ""),
        )
        for (secret in secrets) assertFalse("$secret in $report", report.contains(secret, ignoreCase = true))
    }

    @Test
    fun `says what is wrong with the managed configuration`() {
        val report = facts(
            configuration = unmanaged.copy(
                allowedRelyingParties = listOf("example.org", "example.com"),
                supportContact = "support@example.org",
                problems = listOf("\"routes\" is not a list", "\"colour\" is unknown"),
            ),
        ).report()
        for (line in listOf(
            "Sites: example.org, example.com",
            "Support contact: support@example.org",
            "Problem: \"routes\" is not a list",
            "Problem: \"colour\" is unknown",
        )) assertTrue("$line in $report", line in report.lines())
        val nobody = facts(configuration = unmanaged.copy(allowedRelyingParties = emptyList())).report()
        assertTrue("Sites: none" in nobody.lines())
    }

    @Test
    fun `says what could not be found out`() {
        val report = DiagnosticFacts(
            app = "app",
            android = "android",
            device = "device",
            core = Result.failure(UnsatisfiedLinkError("/data/app/secret/lib")),
            configuration = null,
            findings = emptyList(),
            passkeys = Passkeys.Unreadable(Reason.STORAGE_DAMAGED),
            failures = emptyList(),
        ).report()
        for (line in listOf(
            "does not run: UnsatisfiedLinkError",
            "not done",
            "not read",
            "cannot be read: storage damaged",
            "none",
        )) assertTrue("$line in $report", line in report.lines())
        assertFalse(report.contains("secret"))
    }

    private val known = listOf(KnownAnswer("SHA-256", true), KnownAnswer("AES-256-GCM", false))

    private fun facts(
        configuration: ConfigurationReport = unmanaged,
        passkeys: Passkeys = Passkeys.Listed(
            listOf<Passkey>(passkey(), passkey(strongBox = false, invalidated = true)),
        ),
    ) = DiagnosticFacts(
        app = "org.wardkey.app 0.1.0 (1), RELEASE",
        android = "14 (API 34), patches of 2026-10-05",
        device = "Example Phone 1",
        core = Result.success(CoreFacts("0.1.0", known)),
        configuration = configuration,
        findings = listOf(
            Finding(Check.BLUETOOTH, PhoneState.BLUETOOTH_OFF, Verdict.FAIL, Fix.BLUETOOTH),
            Finding(Check.CLOCK, PhoneState.CLOCK_AUTOMATIC, Verdict.PASS, fix = null),
        ),
        passkeys = passkeys,
        failures = listOf(LoggedFailure(Instant.ofEpochSecond(7), Step.TUNNEL, Reason.NETWORK_BLOCKED)),
    )
}
