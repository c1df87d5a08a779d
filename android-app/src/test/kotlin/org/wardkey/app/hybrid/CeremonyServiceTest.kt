package org.wardkey.app.hybrid

import android.Manifest
import android.app.ForegroundServiceStartNotAllowedException
import android.app.Notification
import android.app.NotificationManager
import android.app.Service
import android.content.ComponentName
import android.content.Intent
import android.content.pm.ServiceInfo
import android.net.Uri
import android.os.Bundle
import android.os.Looper
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.ScreenTestApplication
import org.wardkey.core.HybridOutcome
import org.wardkey.core.Reason
import org.wardkey.core.Step

/** A ceremony's screen that Android lets start no service. */
internal class RefusedCeremonyActivity : TestCeremonyActivity() {
    override fun startService(service: Intent): ComponentName? = throw refusal

    companion object {
        lateinit var refusal: RuntimeException
    }
}

/** In the foreground as long as a ceremony runs, however it ends, and no longer. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenTestApplication::class)
internal class CeremonyServiceTest {
    private val application = RuntimeEnvironment.getApplication()
    private val opened = mutableListOf<ActivityController<out TestCeremonyActivity>>()
    private val service = Robolectric.buildService(CeremonyService::class.java).create().get()

    @Before
    fun allow() = shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)

    @After
    fun close() {
        opened.filterNot { it.get().isDestroyed }.forEach { it.close() }
        idle()
    }

    private fun idle() = shadowOf(Looper.getMainLooper()).idle()

    private fun open(type: Class<out TestCeremonyActivity> = TestCeremonyActivity::class.java) =
        Robolectric.buildActivity(type, Intent(Intent.ACTION_VIEW, Uri.parse("FIDO:/1"))).setup()
            .also(opened::add).also { idle() }

    private fun started() = shadowOf(application).nextStartedService?.component?.className

    private fun stopped() = shadowOf(application).nextStoppedService?.component?.className

    private fun start() = service.onStartCommand(Intent(), 0, START)

    private fun assertRunsUntil(end: (ActivityController<out TestCeremonyActivity>) -> Unit) {
        val screen = open()
        assertEquals(CeremonyService::class.java.name, started())
        assertNull("it still runs", stopped())
        end(screen)
        idleUntil { stopped() == CeremonyService::class.java.name }
    }

    @Test
    fun `runs until the ceremony is done`() = assertRunsUntil {
        it.get().outcome.complete(HybridOutcome.Registered("1234 5678 9012"))
    }

    @Test
    fun `runs until the ceremony fails, as it does when it is called off`() = assertRunsUntil {
        it.get().tap(R.id.ceremony_cancel)
        assertTrue(it.get().calledOff)
        it.get().fail(Reason.CANCELLED)
    }

    @Test
    fun `runs on while the person is elsewhere, and no longer than the ceremony there`() = assertRunsUntil {
        it.pause().stop()
        idle()
        assertNull(stopped())
        it.get().fail(Reason.TIMED_OUT)
    }

    @Test
    fun `runs until the screen of the ceremony is gone`() = assertRunsUntil { it.pause().stop().destroy() }

    @Test
    fun `runs until the last of two ceremonies has ended`() = assertRunsUntil { first ->
        val second = open()
        assertEquals(CeremonyService::class.java.name, started())
        first.get().fail(Reason.TIMED_OUT)
        idleUntil { first.get().isFinishing }
        assertNull(stopped())
        start()
        assertFalse(shadowOf(service).isStoppedBySelf)
        second.get().fail(Reason.TIMED_OUT)
    }

    @Test
    fun `does not start before Bluetooth is allowed, or for a ceremony that ended with its process`() {
        shadowOf(application).denyPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        open()
        allow()
        val saved = Bundle()
        val controller = open()
        controller.get().at(Step.COMMAND)
        idle()
        controller.pause().stop().saveInstanceState(saved).destroy()
        shadowOf(application).clearStartedServices()
        val anew = Robolectric.buildActivity(TestCeremonyActivity::class.java, controller.intent)
            .create(saved)
        idleUntil { anew.get().isFinishing }
        assertNull(started())
    }

    @Test
    fun `is in the foreground for a connected device`() {
        open()
        assertEquals(Service.START_NOT_STICKY, start())
        assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_CONNECTED_DEVICE, service.foregroundServiceType)
        assertTrue(shadowOf(service).isLastForegroundNotificationAttached)
        assertFalse(shadowOf(service).isStoppedBySelf)
        assertNull("nobody binds to it", service.onBind(Intent()))
    }

    @Test
    fun `says quietly that a ceremony runs, nothing of it, and leads back to it`() {
        open()
        start()
        val shown = shadowOf(service).lastForegroundNotification
        val manager = application.getSystemService(NotificationManager::class.java)
        val channel = manager.getNotificationChannel(shown.channelId)
        assertEquals(NotificationManager.IMPORTANCE_LOW, channel.importance)
        assertEquals(application.getString(R.string.ceremony_channel), channel.name)
        val words = shown.extras.keySet().mapNotNull { shown.extras.getCharSequence(it)?.toString() }
        val expected = listOf(R.string.ceremony_heading, R.string.ceremony_return).map(application::getString)
        assertEquals(expected.sorted(), words.sorted())
        assertTrue(shown.flags and Notification.FLAG_ONGOING_EVENT != 0)
        val back = shadowOf(shown.contentIntent)
        assertTrue(back.isImmutable)
        assertTrue(back.isActivity)
        assertEquals(CeremonyActivity::class.java.name, back.savedIntent.component?.className)
        assertNull("no code", back.savedIntent.data)
    }

    @Test
    fun `the way back begins no ceremony and leaves no screen`() {
        open()
        start()
        val tapped = shadowOf(shadowOf(service).lastForegroundNotification.contentIntent).savedIntent
        val flags = Intent.FLAG_ACTIVITY_NEW_TASK or Intent.FLAG_ACTIVITY_SINGLE_TOP
        assertEquals(flags, tapped.flags and flags)
        assertNotEquals(0, tapped.flags and Intent.FLAG_ACTIVITY_REORDER_TO_FRONT)
        val screen = Robolectric.buildActivity(TestCeremonyActivity::class.java, tapped).create().get()
        assertTrue(screen.isFinishing)
        assertNull(screen.code)
        val running = opened.single()
        running.newIntent(tapped)
        idle()
        assertFalse(running.get().isFinishing)
        assertFalse(running.get().cancelled)
    }

    @Test
    fun `started without a ceremony, it stops by itself`() {
        assertEquals(Service.START_NOT_STICKY, start())
        assertEquals("only what it was started with", START, shadowOf(service).stopSelfId)
        assertNull(shadowOf(service).lastForegroundNotification)
        assertEquals(Service.START_NOT_STICKY, service.onStartCommand(null, 0, START))
    }

    @Test
    fun `stops when its task is swiped away`() {
        open()
        start()
        service.onTaskRemoved(Intent())
        assertTrue(shadowOf(service).isStoppedBySelf)
    }

    @Test
    fun `the ceremony goes on where Android refuses to start it, and the log says so`() {
        for (refusal in refusals) {
            RefusedCeremonyActivity.refusal = refusal
            val screen = open(RefusedCeremonyActivity::class.java).get()
            assertEquals("$refusal", "FIDO:/1", screen.code)
            assertFalse(screen.cancelled)
            assertLogged(refusal)
            screen.fail(Reason.TIMED_OUT)
            idleUntil { screen.isFinishing }
        }
    }

    @Test
    fun `it stops where Android refuses it the foreground, and the ceremony goes on`() {
        for (refusal in refusals) {
            val screen = open()
            shadowOf(service).setThrowInStartForeground(refusal)
            start()
            assertEquals("$refusal", START, shadowOf(service).stopSelfId)
            assertLogged(refusal)
            assertFalse(screen.get().cancelled)
            screen.close()
        }
    }

    private val refusals = listOf(
        ForegroundServiceStartNotAllowedException("in the background"),
        IllegalStateException("Not allowed to start service"),
        SecurityException("a permission is missing"),
    )

    /** By its class alone: a message may quote anything. */
    private fun assertLogged(refusal: Exception) {
        val line = ShadowLog.getLogsForTag("WardkeyCeremony").last().msg
        assertEquals("the ceremony is not kept in the foreground: ${refusal.javaClass.simpleName}", line)
        ShadowLog.clear()
    }

    private companion object {
        const val START = 7
    }
}
