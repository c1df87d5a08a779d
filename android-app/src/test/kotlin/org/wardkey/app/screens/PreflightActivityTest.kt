package org.wardkey.app.screens

import android.view.View
import android.view.ViewGroup
import org.junit.Assert.assertEquals
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.preflight.everyFinding
import org.wardkey.app.words.title
import org.wardkey.core.Biometrics
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.PasskeyException
import org.wardkey.core.PhoneState
import org.wardkey.core.ProviderState
import org.wardkey.core.Reason
import org.wardkey.core.TunnelReach

internal class PreflightActivityTest : ScreenTest() {
    @Test
    fun `draws a phone in order`() = draw<PreflightActivity>("preflight-ready") { awaitFindings(it) }

    @Test
    fun `draws a phone with troubles`() {
        world.probes.bluetooth = BluetoothState.OFF
        world.probes.provider = ProviderState.DISABLED
        world.probes.camera = CameraAccess.DENIED
        draw<PreflightActivity>("preflight") { awaitFindings(it) }
    }

    @Test
    fun `draws every finding`() = draw<PreflightActivity>("preflight-every-finding") { activity ->
        awaitFindings(activity)
        activity.tell(everyFinding())
        assertEquals(PhoneState.entries.size, rows(activity).childCount)
    }

    @Test
    fun `draws that nothing can be checked`() {
        world.unopened = PasskeyException.Internal(failure(Reason.UNEXPECTED))
        draw<PreflightActivity>("preflight-failure") { activity ->
            val title = activity.getString(Reason.UNEXPECTED.title)
            idleUntil { activity.text(R.id.preflight_summary).startsWith(title) }
        }
    }

    @Test
    fun `what must be fixed comes first, and has its button`() {
        world.probes.bluetooth = BluetoothState.OFF
        world.probes.camera = CameraAccess.DENIED
        val activity = opened()
        val rows = rows(activity)
        assertEquals("Bluetooth", rows.getChildAt(0).text(R.id.finding_check))
        val icon = rows.getChildAt(0).requireViewById<View>(R.id.finding_icon)
        assertEquals("Must be fixed", icon.contentDescription)
        assertEquals("Camera", rows.getChildAt(1).text(R.id.finding_check))
        assertEquals(false, rows.getChildAt(2).shows(R.id.finding_fix))
        rows.getChildAt(0).requireViewById<View>(R.id.finding_fix).performClick()
        assertEquals("android.settings.BLUETOOTH_SETTINGS", shadowOf(activity).nextStartedActivity.action)
    }

    @Test
    fun `sums up`() {
        assertEquals("This phone is ready", opened().text(R.id.preflight_summary))
        world.probes.biometrics = Biometrics.NONE_ENROLLED
        assertEquals("This phone works, with limits", opened().text(R.id.preflight_summary))
        world.probes.tunnel = TunnelReach.BLOCKED
        assertEquals("This phone is not ready", opened().text(R.id.preflight_summary))
    }

    @Test
    fun `checks again when asked, and on the way back from Settings`() {
        world.probes.bluetooth = BluetoothState.OFF
        val controller = Robolectric.buildActivity(PreflightActivity::class.java).setup()
        val activity = controller.get()
        awaitFindings(activity)
        world.probes.bluetooth = BluetoothState.ON
        activity.requireViewById<View>(R.id.preflight_again).performClick()
        idleUntil { activity.text(R.id.preflight_summary) == "This phone is ready" }
        world.probes.screenLock = false
        controller.pause().stop().start().resume()
        idleUntil { activity.text(R.id.preflight_summary) == "This phone is not ready" }
    }

    private fun opened() =
        Robolectric.buildActivity(PreflightActivity::class.java).setup().get().also(::awaitFindings)

    private fun awaitFindings(activity: PreflightActivity) = idleUntil { rows(activity).childCount > 0 }

    private fun rows(activity: PreflightActivity) =
        activity.requireViewById<ViewGroup>(R.id.preflight_findings)
}
