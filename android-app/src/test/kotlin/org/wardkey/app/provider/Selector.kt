package org.wardkey.app.provider

import android.app.Activity
import android.app.PendingIntent
import android.content.Intent
import android.credentials.CredentialOption
import android.os.Bundle
import android.os.CancellationSignal
import android.os.OutcomeReceiver
import android.os.Parcel
import android.os.Parcelable
import android.service.credentials.BeginCreateCredentialRequest
import android.service.credentials.BeginCreateCredentialResponse
import android.service.credentials.BeginGetCredentialOption
import android.service.credentials.BeginGetCredentialRequest
import android.service.credentials.BeginGetCredentialResponse
import android.service.credentials.CallingAppInfo
import android.service.credentials.CreateCredentialRequest
import android.service.credentials.CredentialProviderService
import android.service.credentials.GetCredentialRequest
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.wardkey.app.idleUntil
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

internal const val PUBLIC_KEY = "androidx.credentials.TYPE_PUBLIC_KEY_CREDENTIAL"

/**
 * Android's side of a credential provider: asks the service, starts what a chosen line leads to with the
 * request filled in, and takes the result. Everything goes through a parcel, as between processes.
 */
internal class Selector {
    private val service = Robolectric.setupService(PasskeyProviderService::class.java)

    fun beginCreate(
        options: String?,
        caller: CallingAppInfo = browser(),
        type: String = PUBLIC_KEY,
        more: Bundle.() -> Unit = {},
    ): Answer<BeginCreateCredentialResponse> = ask { signal, future ->
        val request = BeginCreateCredentialRequest(type, bundleOf(options, CREATE).apply(more), caller)
        service.onBeginCreateCredential(parceled(request), signal, Receiver(future))
    }

    fun beginGet(
        vararg options: String?,
        caller: CallingAppInfo = browser(),
        type: String = PUBLIC_KEY,
        cancelled: Boolean = false,
        more: Bundle.() -> Unit = {},
    ): Answer<BeginGetCredentialResponse> = ask(cancelled) { signal, future ->
        val asked = options.mapIndexed { index, json ->
            BeginGetCredentialOption("option-$index", type, bundleOf(json, GET).apply(more))
        }
        val request = BeginGetCredentialRequest.Builder().setBeginGetCredentialOptions(asked)
            .setCallingAppInfo(caller).build()
        service.onBeginGetCredential(parceled(request), signal, Receiver(future))
    }

    fun create(
        line: PendingIntent,
        options: String?,
        caller: CallingAppInfo = browser(),
        more: Bundle.() -> Unit = {},
    ): Intent = choose(line, createExtras(caller, bundleOf(options, CREATE).apply(more)))

    fun get(
        line: PendingIntent,
        options: String?,
        caller: CallingAppInfo = browser(),
        more: Bundle.() -> Unit = {},
    ): Intent = choose(line, getExtras(caller, bundleOf(options, GET).apply(more)))

    /** Starts what [line] leads to and waits for its result. */
    fun choose(line: PendingIntent, extras: Intent): Intent = resultOf(start(line, extras))

    fun start(line: PendingIntent, extras: Intent): ActivityController<out Activity> {
        val intent = Intent(shadowOf(line).savedIntent)
        intent.fillIn(extras, 0)
        val name = checkNotNull(intent.component).className
        val activity = Class.forName(name).asSubclass(Activity::class.java)
        return Robolectric.buildActivity(activity, intent).setup()
    }

    /**
     * The result of a ceremony, during which [meanwhile] may happen again and again. What it shows the person
     * at its end is closed at once.
     */
    fun resultOf(controller: ActivityController<out Activity>, meanwhile: () -> Unit = {}): Intent {
        val activity = controller.get()
        idleUntil {
            meanwhile()
            shadowOf(activity).nextStartedActivityForResult?.let { close(activity, it.intent) }
            activity.isFinishing
        }
        controller.pause().stop().destroy()
        assertEquals(Activity.RESULT_OK, shadowOf(activity).resultCode)
        return checkNotNull(shadowOf(activity).resultIntent)
    }

    /** The person has seen [screen], which [activity] put on top of itself. */
    fun close(activity: Activity, screen: Intent) =
        shadowOf(activity).receiveResult(screen, Activity.RESULT_CANCELED, null)

    fun createExtras(caller: CallingAppInfo, data: Bundle): Intent =
        createExtras(CreateCredentialRequest(caller, PUBLIC_KEY, data))

    fun createExtras(request: Parcelable): Intent =
        Intent().putExtra(CredentialProviderService.EXTRA_CREATE_CREDENTIAL_REQUEST, request)

    fun getExtras(caller: CallingAppInfo, data: Bundle): Intent {
        val option = CredentialOption.Builder(PUBLIC_KEY, data, data).build()
        val request = GetCredentialRequest(caller, listOf(option))
        return Intent().putExtra(CredentialProviderService.EXTRA_GET_CREDENTIAL_REQUEST, request)
    }

    fun bundleOf(options: String?, subtype: String) = Bundle().apply {
        putString("androidx.credentials.BUNDLE_KEY_SUBTYPE", subtype)
        if (options != null) putString("androidx.credentials.BUNDLE_KEY_REQUEST_JSON", options)
    }

    /** What the service called back with: exactly one of the two. */
    internal class Answer<R>(val response: R?, val failure: Throwable?) {
        fun required(): R = response ?: throw AssertionError("no response", failure)
    }

    private fun <R : Parcelable> ask(
        cancelled: Boolean = false,
        question: (CancellationSignal, CompletableFuture<Answer<R>>) -> Unit,
    ): Answer<R> {
        val signal = CancellationSignal()
        if (cancelled) signal.cancel()
        val future = CompletableFuture<Answer<R>>()
        question(signal, future)
        return future.get(30, TimeUnit.SECONDS)
    }

    private class Receiver<R : Parcelable, E : Throwable>(private val future: CompletableFuture<Answer<R>>) :
        OutcomeReceiver<R, E> {
        override fun onResult(result: R) =
            assertTrue("a second answer", future.complete(Answer(parceled(result), null)))

        override fun onError(error: E) =
            assertTrue("a second answer", future.complete(Answer(null, error)))
    }

    internal companion object {
        const val CREATE = "androidx.credentials.BUNDLE_VALUE_SUBTYPE_CREATE_PUBLIC_KEY_CREDENTIAL_REQUEST"
        const val GET = "androidx.credentials.BUNDLE_VALUE_SUBTYPE_GET_PUBLIC_KEY_CREDENTIAL_OPTION"
    }
}

/** [value] as another process receives it. */
internal fun <T : Parcelable> parceled(value: T): T {
    val parcel = Parcel.obtain()
    try {
        parcel.writeParcelable(value, 0)
        parcel.setDataPosition(0)
        @Suppress("DEPRECATION")
        return checkNotNull(parcel.readParcelable(value.javaClass.classLoader))
    } finally {
        parcel.recycle()
    }
}
