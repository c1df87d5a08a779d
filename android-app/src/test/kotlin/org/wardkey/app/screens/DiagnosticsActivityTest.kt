package org.wardkey.app.screens

import android.content.ClipboardManager
import android.content.Intent
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.BuildVariant
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.time.Instant

internal class DiagnosticsActivityTest : ScreenTest() {
    @Test
    fun `draws the report`() {
        world.passkeys += passkey()
        val failure = failure(Reason.NETWORK_BLOCKED, Step.TUNNEL)
        world.failures.record(failure, Instant.ofEpochSecond(1_790_000_000))
        draw<DiagnosticsActivity>("diagnostics") { awaitReport(it) }
    }

    @Test
    fun `gathers everything there is`() {
        world.passkeys += listOf(passkey(), passkey(id = 2, invalidated = true))
        world.failures.record(failure(Reason.BLUETOOTH_OFF, Step.NEARBY))
        world.configuration = unmanaged.copy(problems = listOf("\"routes\" is not a list"))
        val activity = opened()
        val report = activity.text(R.id.diagnostics_report)
        val variant = BuildVariant.of(activity)
        for (expected in listOf(
            "App: ${activity.packageName} ", ", $variant", "Android: 14 (API 34)", "Version: 0.1.0",
            "SHA-256: known answer", "bluetooth: PASS", "tunnel: PASS", "Problem: \"routes\" is not a list",
            "On this phone: 2", "Invalidated: 1", "nearby: bluetooth off",
        )) assertTrue("$expected in $report", expected in report)
    }

    @Test
    fun `whatever a user or a site has named stays on the phone`() {
        world.passkeys += passkey().copy(
            rpId = "secret.example.org", rpName = "secret", userName = "secret", displayName = "secret",
        )
        world.failures.record(failure(Reason.BUSY, detail = "secret"))
        val activity = opened()
        assertFalse(activity.text(R.id.diagnostics_report).contains("secret"))
        assertFalse(copied(activity).contains("secret"))
    }

    @Test
    fun `copies and shares just what it shows`() {
        val activity = opened()
        val report = activity.text(R.id.diagnostics_report)
        assertEquals(report, copied(activity))
        activity.requireViewById<View>(R.id.diagnostics_share).performClick()
        val chooser = shadowOf(activity).nextStartedActivity
        val shared = requireNotNull(chooser.getParcelableExtra(Intent.EXTRA_INTENT, Intent::class.java))
        assertEquals(Intent.ACTION_SEND, shared.action)
        assertEquals(report, shared.getStringExtra(Intent.EXTRA_TEXT))
    }

    @Test
    fun `reports a core that does not load and passkeys that cannot be read`() {
        world.failure = PasskeyException.Internal(failure(Reason.STORAGE_DAMAGED))
        world.broken = UnsatisfiedLinkError("no library")
        val report = opened().text(R.id.diagnostics_report)
        assertTrue(report, "does not run: UnsatisfiedLinkError" in report)
        assertTrue(report, "cannot be read: storage damaged" in report)
    }

    private fun copied(activity: DiagnosticsActivity): String {
        activity.requireViewById<View>(R.id.diagnostics_copy).performClick()
        val clipboard = activity.getSystemService(ClipboardManager::class.java)
        return requireNotNull(clipboard.primaryClip).getItemAt(0).text.toString()
    }

    private fun opened() =
        Robolectric.buildActivity(DiagnosticsActivity::class.java).setup().get().also(::awaitReport)

    private fun awaitReport(activity: DiagnosticsActivity) =
        idleUntil { activity.shows(R.id.diagnostics_actions) }
}
