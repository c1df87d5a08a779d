package org.wardkey.app.managed

import android.content.Intent
import android.content.RestrictionEntry
import android.content.RestrictionsManager
import android.os.Bundle
import android.os.UserManager
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.shadows.ShadowLog
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.idleUntil
import org.wardkey.app.restrict
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.ManagedEntry
import org.wardkey.core.ManagedValue
import org.wardkey.core.Reason

/** From Android's bundle through the core to the report: each key, well and badly set. */
@RunWith(RobolectricTestRunner::class)
internal class ManagedConfigurationTest {
    private val application = RuntimeEnvironment.getApplication() as WardkeyApplication
    private val manager = application.getSystemService(RestrictionsManager::class.java)

    @Test
    fun `a phone that nobody manages is not restricted`() {
        val report = reportOf {}
        assertNull(report.allowedRelyingParties)
        assertFalse(report.strongBoxRequired)
        assertTrue(report.pinAllowed)
        assertEquals("cable.ua5v.com", report.tunnelDomain)
        assertTrue(report.thisPhone && report.playServices && report.scanner)
        assertNull(report.supportContact)
        assertEquals(emptyList<String>(), report.problems)
    }

    @Test
    fun `allowed sites`() {
        val good = reportOf { putString("allowed_relying_parties", "example.org, login.example.com") }
        assertEquals(listOf("example.org", "login.example.com"), good.allowedRelyingParties)
        assertEquals(emptyList<String>(), good.problems)
        for (bad in listOf("", "https://example.org/", "192.0.2.1")) {
            assertNoSite(reportOf { putString("allowed_relying_parties", bad) })
        }
        assertNoSite(reportOf { putBoolean("allowed_relying_parties", true) })
        assertNoSite(reportOf { putStringArray("allowed_relying_parties", arrayOf("example.org")) })
    }

    private fun assertNoSite(report: ConfigurationReport) {
        assertEquals(emptyList<String>(), report.allowedRelyingParties)
        assertReported("allowed_relying_parties", report)
    }

    @Test
    fun `security chip`() {
        assertTrue(reportOf { putBoolean("strongbox_required", true) }.strongBoxRequired)
        val off = reportOf { putBoolean("strongbox_required", false) }
        assertFalse(off.strongBoxRequired)
        assertEquals(emptyList<String>(), off.problems)
        val wrong = reportOf { putString("strongbox_required", "false") }
        assertTrue("a text is no boolean", wrong.strongBoxRequired)
        assertReported("strongbox_required", wrong)
    }

    @Test
    fun `screen lock instead of biometrics`() {
        assertTrue(reportOf { putBoolean("pin_fallback_allowed", true) }.pinAllowed)
        assertFalse(reportOf { putBoolean("pin_fallback_allowed", false) }.pinAllowed)
        val wrong = reportOf { putInt("pin_fallback_allowed", 1) }
        assertFalse("a number is no boolean", wrong.pinAllowed)
        assertReported("pin_fallback_allowed", wrong)
    }

    @Test
    fun `tunnel service`() {
        assertEquals("cable.auth.com", reportOf { putString("tunnel_domain", "cable.auth.com") }.tunnelDomain)
        val wrong = reportOf { putString("tunnel_domain", "tunnel.example.org") }
        assertFalse("without a service to meet at", wrong.scanner)
        assertTrue("this phone's own browsers need none", wrong.thisPhone)
        assertReported("tunnel_domain", wrong)
        assertFalse(reportOf { putBoolean("tunnel_domain", true) }.scanner)
    }

    @Test
    fun `ways to ask`() {
        val only = reportOf { putStringArray("routes", arrayOf("scanner")) }
        assertEquals(listOf(false, false, true), routesOf(only))
        assertEquals(emptyList<String>(), only.problems)
        val none = reportOf { putStringArray("routes", emptyArray()) }
        assertEquals(listOf(false, false, false), routesOf(none))
        val unknown = reportOf { putStringArray("routes", arrayOf("scanner", "fax")) }
        assertEquals(listOf(false, false, false), routesOf(unknown))
        assertReported("routes", unknown)
        assertReported("routes", reportOf { putString("routes", "scanner") })
        val missing = reportOf { putStringArray("routes", arrayOf("scanner", null)) }
        assertEquals(listOf(false, false, false), routesOf(missing))
    }

    private fun routesOf(report: ConfigurationReport) =
        listOf(report.thisPhone, report.playServices, report.scanner)

    @Test
    fun `support contact`() {
        val contact = "Service desk, extension 100"
        assertEquals(contact, reportOf { putString("support_contact", " $contact ") }.supportContact)
        assertReported("support_contact", reportOf { putString("support_contact", "x".repeat(201)) })
        assertReported("support_contact", reportOf { putInt("support_contact", 100) })
    }

    @Test
    fun `an unknown key is reported`() {
        val report = reportOf { putString("tunel_domain", "cable.auth.com") }
        assertEquals(listOf("\"tunel_domain\" is not a setting of this version"), report.problems)
    }

    /** Android gives an app that was just installed by its organization this mark alone. */
    @Test
    fun `nothing is allowed while the settings are on their way`() {
        val mark = UserManager.KEY_RESTRICTIONS_PENDING
        val pending = reportOf { putBoolean(mark, true) }
        assertEquals(listOf(false, false, false), pending.run { listOf(thisPhone, playServices, scanner) })
        assertReported(mark, pending)
        assertEquals(reportOf {}, reportOf { putBoolean(mark, false) })
    }

    @Test
    fun `a key without a value is of no type`() = assertEquals(
        listOf(ManagedEntry("routes", ManagedValue.Other)),
        ManagedConfiguration.entriesOf(Bundle().apply { putString("routes", null) }),
    )

    @Test
    fun `a change is in force without a restart`() {
        application.restrict {}
        assertTrue(application.wardkey.configuration.value.pinAllowed)
        application.restrict { putBoolean("pin_fallback_allowed", false) }
        application.sendBroadcast(Intent(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
        idleUntil { !application.wardkey.configuration.value.pinAllowed }
        application.restrict {}
        application.sendBroadcast(Intent(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
        idleUntil { application.wardkey.configuration.value.pinAllowed }
    }

    /** On a thread without anybody to catch it, a failure would end the app, with a ceremony under way. */
    @Test
    fun `a change that fails is logged, and the app goes on`() {
        application.wardkey.provider.close()
        application.sendBroadcast(Intent(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
        val expected = "the managed configuration is not renewed: ${Reason.UNEXPECTED}"
        idleUntil { ShadowLog.getLogsForTag("Wardkey").any { it.msg == expected } }
    }

    @Test
    fun `a console is told of every key, with its type and words for it`() {
        val described = manager.getManifestRestrictions(application.packageName).associateBy { it.key }
        val types = mapOf(
            "allowed_relying_parties" to RestrictionEntry.TYPE_STRING,
            "strongbox_required" to RestrictionEntry.TYPE_BOOLEAN,
            "pin_fallback_allowed" to RestrictionEntry.TYPE_BOOLEAN,
            "tunnel_domain" to RestrictionEntry.TYPE_STRING,
            "routes" to RestrictionEntry.TYPE_MULTI_SELECT,
            "support_contact" to RestrictionEntry.TYPE_STRING,
        )
        assertEquals(types, described.mapValues { it.value.type })
        for (entry in described.values) {
            assertFalse(entry.key, entry.title.isNullOrBlank() || entry.description.isNullOrBlank())
        }
    }

    /** What a console offers to choose is understood, and what it fills in by itself restricts nothing. */
    @Test
    fun `the values that a console begins with are those of a phone that nobody manages`() {
        val described = manager.getManifestRestrictions(application.packageName)
        val defaults = RestrictionsManager.convertRestrictionsToBundle(described)
        // A text without a default is not sent.
        val texts = described.filter { it.type == RestrictionEntry.TYPE_STRING }.map { it.key }
        val unset = texts.filter { defaults.getString(it).isNullOrEmpty() }
        val filledIn = Bundle(defaults).apply { unset.forEach(::remove) }
        val untouched = reportOf {}
        assertEquals(untouched, reportOf { putAll(filledIn) })
    }

    private fun assertReported(key: String, report: ConfigurationReport) {
        assertEquals(report.problems.toString(), 1, report.problems.size)
        assertTrue(report.problems.single(), report.problems.single().startsWith("\"$key\" "))
    }

    private fun reportOf(set: Bundle.() -> Unit): ConfigurationReport {
        application.restrict(set)
        application.wardkey.reconfigure()
        return application.wardkey.configuration.value
    }
}
