package org.wardkey.app.screens

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.ApplicationInfo
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Rect
import android.view.ContextThemeWrapper
import android.view.View
import android.view.ViewGroup
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart.UNDISPATCHED
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowDialog
import org.wardkey.app.BuildVariant
import org.wardkey.app.R
import org.wardkey.app.hybrid.TestCeremonyActivity
import org.wardkey.app.hybrid.TestScanActivity
import org.wardkey.app.idleUntil
import org.wardkey.core.Use

/**
 * A build for emulators and testers says so on every screen, and no other does. Which of the two is
 * installed, Android tells; here the tests do.
 */
internal class DebugBannerTest : ScreenTest() {
    private val application = RuntimeEnvironment.getApplication()
    private val installed = application.applicationInfo.flags
    private val scope = CoroutineScope(Dispatchers.Main + SupervisorJob())

    @After
    fun restore() {
        scope.cancel()
        application.applicationInfo.flags = installed
    }

    private fun install(variant: BuildVariant) {
        val others = installed and ApplicationInfo.FLAG_DEBUGGABLE.inv()
        val own = if (variant == BuildVariant.DEBUG) ApplicationInfo.FLAG_DEBUGGABLE else 0
        application.applicationInfo.flags = others or own
        assertEquals(variant, BuildVariant.of(application))
    }

    @Test
    fun `every screen has the banner in a debug build, and no screen of a release has it`() {
        val screens = listOf(
            HomeActivity::class.java, PreflightActivity::class.java, DiagnosticsActivity::class.java,
            ResultActivity::class.java, DetailsActivity::class.java,
        )
        for (variant in BuildVariant.entries) {
            install(variant)
            for (screen in screens) {
                Robolectric.buildActivity(screen, Intent()).use { controller ->
                    val shows = controller.setup().get().shows(R.id.debug_banner)
                    assertEquals("$variant: ${screen.name}", variant == BuildVariant.DEBUG, shows)
                }
            }
        }
    }

    @Test
    fun `the scanner and a ceremony have it too, and what they explain before`() {
        val screens = listOf(
            TestScanActivity::class.java to Manifest.permission.CAMERA,
            TestCeremonyActivity::class.java to Manifest.permission.BLUETOOTH_ADVERTISE,
        )
        for (variant in BuildVariant.entries) for ((screen, permission) in screens) {
            install(variant)
            for (allowed in listOf(false, true)) {
                shadowOf(application).run { if (allowed) grantPermissions(permission) else denyPermissions(permission) }
                Robolectric.buildActivity(screen, Intent()).use { controller ->
                    val shows = controller.setup().get().shows(R.id.debug_banner)
                    val expected = variant == BuildVariant.DEBUG
                    assertEquals("$variant: ${screen.name}, $permission: $allowed", expected, shows)
                }
            }
        }
    }

    @Test
    fun `a question that covers the screen has it too`() {
        for (variant in BuildVariant.entries) {
            install(variant)
            val activity = Robolectric.buildActivity(Activity::class.java).setup().get()
            scope.async(start = UNDISPATCHED) {
                ActivityUser(activity).consent(Use.SIGN_IN, "sign-in.example.org", "clinician@example.org")
            }
            val window = requireNotNull(ShadowDialog.getLatestDialog().window)
            val shows = window.decorView.shows(R.id.debug_banner)
            assertEquals("$variant", variant == BuildVariant.DEBUG, shows)
        }
    }

    @Test
    fun `it is loud - from edge to edge above everything else, in a colour that nothing else has`() {
        install(BuildVariant.RELEASE)
        val release = drawn()
        val yellow = application.getColor(R.color.debug_banner)
        assertFalse("a release has none of it", yellow in release)
        install(BuildVariant.DEBUG)
        val frame = frame()
        val banner = frame.requireViewById<View>(R.id.debug_banner)
        val place = Rect().also(banner::getHitRect)
        assertEquals("at the top", 0, place.top)
        assertEquals("from edge to edge", 0 to frame.width, place.left to place.right)
        val debug = drawn()
        // Its edges are bare of letters.
        for (row in 0 until banner.height) {
            assertEquals("row $row, left", yellow, debug[row * frame.width])
            assertEquals("row $row, right", yellow, debug[row * frame.width + frame.width - 1])
        }
        assertTrue("and says what it is", "DEBUG" in frame.text(R.id.debug_banner))
    }

    @Test
    fun `draws a debug build in every look`() {
        install(BuildVariant.DEBUG)
        world.passkeys += passkey()
        draw<HomeActivity>("debug-home") { home ->
            idleUntil { home.requireViewById<ViewGroup>(R.id.home_passkeys).childCount == 1 }
        }
    }

    private fun frame(): View {
        val themed = ContextThemeWrapper(application, R.style.Theme_Wardkey)
        val frame = ScreenFrame.around(themed, R.layout.home).frame
        val size = { pixels: Int -> View.MeasureSpec.makeMeasureSpec(pixels, View.MeasureSpec.EXACTLY) }
        frame.measure(size(WIDTH), size(HEIGHT))
        frame.layout(0, 0, WIDTH, HEIGHT)
        return frame
    }

    /** The colours of a drawn frame, row by row. */
    private fun drawn(): IntArray {
        val picture = Bitmap.createBitmap(WIDTH, HEIGHT, Bitmap.Config.ARGB_8888)
        frame().draw(Canvas(picture))
        return IntArray(WIDTH * HEIGHT).also { picture.getPixels(it, 0, WIDTH, 0, 0, WIDTH, HEIGHT) }
    }

    private companion object {
        const val WIDTH = 822
        const val HEIGHT = 1782
    }
}
