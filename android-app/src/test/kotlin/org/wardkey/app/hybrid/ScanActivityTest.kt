package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.provider.Settings
import android.view.View
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.R
import org.wardkey.app.screens.ScreenTest

/** A scanner whose camera is the test, and which prepares nothing. */
internal class TestScanActivity : ScanActivity(), CodeSource {
    lateinit var seen: (String) -> Unit
    lateinit var failed: () -> Unit
    var looking = false

    override suspend fun prepare() = Unit

    override fun sourceFor(screen: View): CodeSource = this

    override fun start(seen: (String) -> Unit, failed: () -> Unit) {
        this.seen = seen
        this.failed = failed
        looking = true
    }

    override fun stop() {
        looking = false
    }

    fun hint() = requireViewById<TextView>(R.id.scan_hint).text.toString()
}

internal class ScanActivityTest : ScreenTest() {
    private val application = RuntimeEnvironment.getApplication()

    private fun allow() = shadowOf(application).grantPermissions(Manifest.permission.CAMERA)

    @Test
    fun `draws its question for the camera in every look`() = draw<TestScanActivity>("scan-permission")

    @Test
    fun `draws the scanner in every look`() {
        allow()
        draw<TestScanActivity>("scan")
    }

    @Test
    fun `draws what it says of another code in every look`() {
        allow()
        draw<TestScanActivity>("scan-other") { it.seen("https://example.org") }
    }

    @Test
    fun `draws a camera that fails in every look`() {
        allow()
        draw<TestScanActivity>("scan-failed") { it.failed() }
    }

    @Test
    fun `asks for the camera with a reason, and scans once it has it`() {
        val scanner = Robolectric.buildActivity(TestScanActivity::class.java).setup().get()
        assertFalse(scanner.looking)
        scanner.requireViewById<View>(R.id.ask_allow).performClick()
        val asked = shadowOf(scanner).lastRequestedPermission
        assertEquals(listOf(Manifest.permission.CAMERA), asked.requestedPermissions.toList())
        scanner.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(-1))
        assertFalse(scanner.looking)
        scanner.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf())
        assertFalse(scanner.looking)
        scanner.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(0))
        assertTrue(scanner.looking)
    }

    @Test
    fun `shows the way to Settings to whoever refused for good`() {
        val scanner = Robolectric.buildActivity(TestScanActivity::class.java).setup().get()
        scanner.requireViewById<View>(R.id.ask_settings).performClick()
        val opened = shadowOf(scanner).nextStartedActivity
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, opened.action)
        assertEquals("package:${scanner.packageName}", opened.dataString)
    }

    @Test
    fun `hands a sign-in code to the ceremony and stops looking`() {
        allow()
        val scanner = Robolectric.buildActivity(TestScanActivity::class.java).setup().get()
        scanner.seen("FIDO:/123")
        val opened = shadowOf(scanner).nextStartedActivity
        assertEquals(CeremonyActivity::class.java.name, opened.component?.className)
        assertEquals("FIDO:/123", opened.dataString)
        assertTrue(scanner.isFinishing)
        assertFalse(scanner.looking)
    }

    @Test
    fun `says so of any other code and goes on looking`() {
        allow()
        val scanner = Robolectric.buildActivity(TestScanActivity::class.java).setup().get()
        for (text in listOf("https://example.org", "", "\u202Egnp.exe", "x".repeat(4000))) {
            scanner.seen(text)
            assertEquals(scanner.getString(R.string.scan_other), scanner.hint())
            assertTrue(scanner.looking)
        }
        assertEquals(null, shadowOf(scanner).nextStartedActivity)
    }

    @Test
    fun `says when the camera cannot be used`() {
        allow()
        val scanner = Robolectric.buildActivity(TestScanActivity::class.java).setup().get()
        scanner.failed()
        assertEquals(scanner.getString(R.string.scan_failed), scanner.hint())
    }

    @Test
    fun `looks only while it is in front`() {
        allow()
        val controller = Robolectric.buildActivity(TestScanActivity::class.java, Intent()).setup()
        assertTrue(controller.get().looking)
        controller.pause().stop()
        assertFalse(controller.get().looking)
    }
}
